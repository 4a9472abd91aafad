import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { AccountPatch, NewAccountBody } from './accountRoutes.ts';
import { Count, list, makes, removes, shows, Text, Time, YesOrNo } from './adminReplies.ts';
import { AppPatch, AppsQuery, NewAppBody, SecretRenewal } from './appFields.ts';

const State = Type.Enum(['normal', 'frozen']);
const Frequency = Type.Object({ calls: Count, seconds: Count });

const account = {
  accountId: Text,
  name: Text,
  state: State,
  isDefault: YesOrNo,
  callFrequency: Type.Optional(Frequency),
  apps: Count,
  createdAt: Time,
};
const Account = Type.Object(account);

const app = {
  appKey: Text,
  accountId: Text,
  name: Text,
  mode: Type.Enum(['AXB', 'AX', 'AXE', 'AXYB', 'X']),
  state: State,
  recording: YesOrNo,
  statusUrl: Type.Optional(Text),
  feeUrl: Type.Optional(Text),
  numberStatusUrl: Type.Optional(Text),
  pushNumberStatus: YesOrNo,
  sms: Type.Optional(YesOrNo),
  smsNotificationUrl: Type.Optional(Text),
  smsControlUrl: Type.Optional(Text),
  qualityCheck: YesOrNo,
  qualityHintTone: Type.Optional(Text),
  announcements: Type.Record(Type.String(), Text),
  callBackMemory: Type.Optional(YesOrNo),
  extensionDigits: Type.Optional(Count),
  collectRepeats: Type.Optional(Count),
  callBackNumber: Type.Optional(Text),
  guards: Type.Object({
    callsFromAbroad: YesOrNo,
    callsAbroad: YesOrNo,
    hours: Type.Array(Text),
    maxCalls: Type.Optional(Count),
    applicationFrequency: Type.Optional(Frequency),
    shownFrequency: Type.Optional(Frequency),
    callerFrequency: Type.Optional(Frequency),
    calleeFrequency: Type.Optional(Frequency),
    xFrequency: Type.Optional(Frequency),
  }),
  allowedAddresses: Type.Array(Text),
  requestLimit: Type.Optional(Type.Object({ requests: Count, seconds: Count })),
  createdAt: Time,
};
const App = Type.Object(app);

const accountId = 'The account.';
const appKey = 'The application.';
const accounts = { tag: 'Accounts', path: '/admin/v1/accounts' } as const;
const oneAccount = {
  tag: 'Accounts',
  path: '/admin/v1/accounts/{accountId}',
  params: { accountId },
} as const;
const apps = { tag: 'Applications', path: '/admin/v1/apps' } as const;
const oneApp = { tag: 'Applications', path: '/admin/v1/apps/{appKey}', params: { appKey } } as const;

/** Customers and their applications. */
export const appOperations: readonly Operation[] = [
  {
    ...accounts,
    id: 'addAccount',
    method: 'post',
    summary: 'Make an account',
    body: { schema: NewAccountBody },
    replies: makes(Account, 'already-exists'),
  },
  {
    ...accounts,
    id: 'listAccounts',
    method: 'get',
    summary: 'List accounts',
    replies: shows(list(Account)),
  },
  {
    ...oneAccount,
    id: 'getAccount',
    method: 'get',
    summary: 'Read an account',
    replies: shows(Account, 'not-found'),
  },
  {
    ...oneAccount,
    id: 'changeAccount',
    method: 'patch',
    summary: 'Change or freeze an account',
    description: 'A frozen account gets 1010029 from the partner API, and its calls are refused with 7108.',
    body: { schema: AccountPatch },
    replies: shows(Account, 'not-found'),
  },
  {
    ...oneAccount,
    id: 'removeAccount',
    method: 'delete',
    summary: 'Remove an account that has no applications',
    replies: removes('not-found', 'in-use'),
  },
  {
    ...apps,
    id: 'addApp',
    method: 'post',
    summary: 'Make an application',
    description:
      'Its secret is in this answer and nowhere else. The mode cannot be changed. Short messages are not carried yet: ' +
      '`sms` and its addresses are kept for when they are.',
    body: { schema: NewAppBody },
    replies: makes(Type.Object({ ...app, appSecret: Text }), 'in-use', 'not-approved'),
  },
  {
    ...apps,
    id: 'listApps',
    method: 'get',
    summary: 'List applications',
    query: AppsQuery,
    replies: shows(list(App), 'invalid-query'),
  },
  {
    ...oneApp,
    id: 'getApp',
    method: 'get',
    summary: 'Read an application',
    replies: shows(App, 'not-found'),
  },
  {
    ...oneApp,
    id: 'changeApp',
    method: 'patch',
    summary: 'Change or freeze an application',
    description: 'Calls and requests see the change within a second.',
    body: { schema: AppPatch },
    replies: shows(App, 'not-found', 'in-use', 'not-approved'),
  },
  {
    ...oneApp,
    id: 'removeApp',
    method: 'delete',
    summary: 'Remove an application that has no numbers',
    replies: removes('not-found', 'in-use'),
  },
  {
    id: 'renewSecret',
    method: 'post',
    path: '/admin/v1/apps/{appKey}/secret',
    tag: 'Applications',
    params: { appKey },
    summary: 'Make a new secret',
    description: 'Old and new are good side by side for `keepOldSeconds`.',
    body: { schema: SecretRenewal, isOptional: true },
    defaults: { keepOldSeconds: 0 },
    replies: shows(
      Type.Object({ appKey: Text, appSecret: Text, oldSecretUntil: Type.Optional(Time) }),
      'not-found',
    ),
  },
  {
    id: 'endOldSecret',
    method: 'delete',
    path: '/admin/v1/apps/{appKey}/old-secret',
    tag: 'Applications',
    params: { appKey },
    summary: 'End the old secret before its time',
    replies: removes('not-found'),
  },
];
