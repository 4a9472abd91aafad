import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { Count, list, makes, removes, shows, Text, Time, YesOrNo } from './adminReplies.ts';
import { HandsetPatch, NewHandsetBody } from './handsetRoutes.ts';
import { NewTrunkBody, TrunkPatch } from './trunkRoutes.ts';

const Trunk = Type.Object({
  name: Text,
  host: Text,
  port: Count,
  transport: Type.Enum(['udp', 'tcp', 'tls']),
  sources: Type.Array(Text),
  username: Type.Optional(Text),
  passwordSet: YesOrNo,
  priority: Count,
  weight: Count,
  maxCalls: Type.Optional(Count),
  callsPerSecond: Type.Optional(Count),
  enabled: YesOrNo,
});

const handset = {
  username: Text,
  number: Text,
  md5Only: YesOrNo,
  enabled: YesOrNo,
  registrations: Type.Array(
    Type.Object({ transport: Type.Enum(['udp', 'tcp', 'tls']), address: Text, port: Count, expiresAt: Time }),
  ),
};
const Handset = Type.Object(handset);

const trunks = { tag: 'Trunks', path: '/admin/v1/trunks' } as const;
const oneTrunk = {
  tag: 'Trunks',
  path: '/admin/v1/trunks/{name}',
  params: { name: 'The trunk.' },
} as const;
const handsets = { tag: 'Handsets', path: '/admin/v1/handsets' } as const;
const oneHandset = {
  tag: 'Handsets',
  path: '/admin/v1/handsets/{username}',
  params: { username: 'The handset.' },
} as const;

/** Carriers' trunks and test handsets. */
export const sipOperations: readonly Operation[] = [
  {
    ...trunks,
    id: 'addTrunk',
    method: 'post',
    summary: 'Add a trunk',
    body: { schema: NewTrunkBody },
    defaults: { port: 5060, transport: 'udp', priority: 0, weight: 1, enabled: true },
    replies: makes(Trunk, 'already-exists'),
  },
  { ...trunks, id: 'listTrunks', method: 'get', summary: 'List trunks', replies: shows(list(Trunk)) },
  {
    ...oneTrunk,
    id: 'getTrunk',
    method: 'get',
    summary: 'Read a trunk',
    description: 'Its password can be set and never read.',
    replies: shows(Trunk, 'not-found'),
  },
  {
    ...oneTrunk,
    id: 'changeTrunk',
    method: 'patch',
    summary: 'Change a trunk',
    body: { schema: TrunkPatch },
    replies: shows(Trunk, 'not-found'),
  },
  {
    ...oneTrunk,
    id: 'removeTrunk',
    method: 'delete',
    summary: 'Remove a trunk',
    replies: removes('not-found'),
  },
  {
    ...handsets,
    id: 'addHandset',
    method: 'post',
    summary: 'Add a test handset',
    description: 'A password that is made here is in this answer and nowhere else.',
    body: { schema: NewHandsetBody },
    defaults: { md5Only: false },
    replies: makes(
      Type.Object({ ...handset, password: Type.Optional(Text) }),
      'already-exists',
      'handsets-off',
    ),
  },
  {
    ...handsets,
    id: 'listHandsets',
    method: 'get',
    summary: 'List test handsets',
    replies: shows(list(Handset), 'handsets-off'),
  },
  {
    ...oneHandset,
    id: 'getHandset',
    method: 'get',
    summary: 'Read a test handset',
    replies: shows(Handset, 'not-found', 'handsets-off'),
  },
  {
    ...oneHandset,
    id: 'changeHandset',
    method: 'patch',
    summary: 'Change a test handset',
    description: 'It has to register again.',
    body: { schema: HandsetPatch },
    replies: shows(Handset, 'not-found', 'already-exists', 'handsets-off'),
  },
  {
    ...oneHandset,
    id: 'removeHandset',
    method: 'delete',
    summary: 'Remove a test handset',
    replies: removes('not-found', 'handsets-off'),
  },
];
