import { type Static, Type } from 'typebox';
import { maskNumber } from '../../routing/numbers.ts';
import type { Mode } from '../../routing/types.ts';
import type { App, AppChanges, NewApp } from '../store/apps.ts';
import { Announcements, checkScenes, firstAnnouncements } from './appScenes.ts';
import { switches } from './appSwitches.ts';
import { AccountId, AddressRange, E164, Title, WebUrl } from './fields.ts';
import { firstGuards, Guards, readGuardFields, writeGuardFields } from './guardFields.ts';
import { Problem } from './problem.ts';

const YesOrNo = Type.Boolean({ description: 'true or false' });
const ExtensionDigits = Type.Integer({
  minimum: 1,
  maximum: 4,
  description: 'a number of digits from 1 to 4',
});
const CollectRepeats = Type.Integer({ minimum: 0, maximum: 9, description: 'a number of times from 0 to 9' });

const UrlOrNull = Type.Union([WebUrl, Type.Null()], {
  description: 'an http or https URL without user name and fragment, or null',
});
const NumberOrNull = Type.Union([E164, Type.Null()], {
  description: 'a number in E.164, like +8617000005001, or null',
});

/** An application with more places than this has none in particular. */
const MOST_RANGES = 100;
const AllowedAddresses = Type.Array(AddressRange, {
  maxItems: MOST_RANGES,
  description: `an array of at most ${MOST_RANGES} CIDR ranges or addresses, like "192.0.2.0/24"; [] for anywhere`,
});

const MOST_REQUESTS = 10_000_000;
const SECONDS_PER_DAY = 86_400;
const REQUEST_LIMIT_FORM = `an object like {"requests":600,"seconds":60} with requests from 1 to ${MOST_REQUESTS} and seconds from 1 to ${SECONDS_PER_DAY}`;
/** Null for the limit that the platform sets. */
const RequestLimitOrNull = Type.Union(
  [
    Type.Object(
      {
        requests: Type.Integer({ minimum: 1, maximum: MOST_REQUESTS }),
        seconds: Type.Integer({ minimum: 1, maximum: SECONDS_PER_DAY }),
      },
      { additionalProperties: false, description: REQUEST_LIMIT_FORM },
    ),
    Type.Null(),
  ],
  { description: `${REQUEST_LIMIT_FORM}, or null` },
);

const changeable = {
  recording: Type.Optional(YesOrNo),
  pushNumberStatus: Type.Optional(YesOrNo),
  ...switches,
  announcements: Type.Optional(Announcements),
  callBackMemory: Type.Optional(YesOrNo),
  extensionDigits: Type.Optional(ExtensionDigits),
  collectRepeats: Type.Optional(CollectRepeats),
  guards: Type.Optional(Guards),
  allowedAddresses: Type.Optional(AllowedAddresses),
  requestLimit: Type.Optional(RequestLimitOrNull),
  accountId: Type.Optional(AccountId),
};

export const NewAppBody = Type.Object(
  {
    name: Title,
    mode: Type.Enum(['AXB', 'AX', 'AXE', 'AXYB', 'X'], { description: 'AXB, AX, AXE, AXYB or X' }),
    ...changeable,
    statusUrl: Type.Optional(WebUrl),
    feeUrl: Type.Optional(WebUrl),
    numberStatusUrl: Type.Optional(WebUrl),
    smsNotificationUrl: Type.Optional(WebUrl),
    smsControlUrl: Type.Optional(WebUrl),
    callBackNumber: Type.Optional(E164),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

export const AppPatch = Type.Object(
  {
    name: Type.Optional(Title),
    state: Type.Optional(Type.Enum(['normal', 'frozen'], { description: 'normal or frozen' })),
    ...changeable,
    statusUrl: Type.Optional(UrlOrNull),
    feeUrl: Type.Optional(UrlOrNull),
    numberStatusUrl: Type.Optional(UrlOrNull),
    smsNotificationUrl: Type.Optional(UrlOrNull),
    smsControlUrl: Type.Optional(UrlOrNull),
    callBackNumber: Type.Optional(NumberOrNull),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

const MONTH_SECONDS = 31 * SECONDS_PER_DAY;

export const SecretRenewal = Type.Object(
  {
    keepOldSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MONTH_SECONDS,
        description: `a number of seconds from 0 to ${MONTH_SECONDS}`,
      }),
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

export const AppsQuery = Type.Object(
  { accountId: Type.Optional(AccountId) },
  { additionalProperties: false, description: 'accountId' },
);

const WITH_SMS: readonly Mode[] = ['AXB', 'AX', 'AXYB', 'X'];

/** Fields that mean something in some modes only; applications of other modes neither take nor show them. */
const MODES_OF_FIELD: Readonly<Partial<Record<keyof App, readonly Mode[]>>> = {
  sms: WITH_SMS,
  smsNotificationUrl: WITH_SMS,
  smsControlUrl: ['AX', 'X'],
  callBackMemory: ['AX'],
  extensionDigits: ['AXE'],
  collectRepeats: ['AXE'],
  callBackNumber: ['AXE'],
};

/** @throws Problem for a field that applications of this mode do not have */
export function checkMode(mode: Mode, given: Static<typeof NewAppBody> | Static<typeof AppPatch>): void {
  for (const [field, modes] of Object.entries(MODES_OF_FIELD)) {
    if (field in given && !modes.includes(mode)) {
      throw new Problem(
        'invalid-body',
        `${field}: only in applications of mode ${modes.join(', ')}; this one is ${mode}.`,
      );
    }
  }
  checkScenes(mode, given.announcements);
}

/** A new application as the store takes it, with what the operator left to us. */
export function newAppOf(given: Static<typeof NewAppBody>): NewApp {
  const announcements = firstAnnouncements(given.mode, given.announcements);
  return { ...given, announcements, guards: firstGuards(given.guards) };
}

/** Changes as the store takes them. */
export function changesOf({ guards, ...rest }: Static<typeof AppPatch>): AppChanges {
  return guards === undefined ? rest : { ...rest, guards: readGuardFields(guards) };
}

/** An application as an answer shows it, with the fields of its mode. */
export function describeApp(app: App): object {
  const strange = Object.entries(MODES_OF_FIELD).filter(([, modes]) => !modes.includes(app.mode));
  const shown = { ...app, guards: writeGuardFields(app.guards) };
  return Object.fromEntries(
    Object.entries(shown).filter(([name]) => !strange.some(([field]) => field === name)),
  );
}

/** As `describeApp`, for lists: the call-back number is a person's, and the whole of it is shown on request only. */
export function describeAppInList(app: App): object {
  const { callBackNumber } = app;
  return describeApp(
    callBackNumber === undefined ? app : { ...app, callBackNumber: maskNumber(callBackNumber) },
  );
}
