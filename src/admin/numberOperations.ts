import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { Count, list, makes, removes, shows, Text, Time } from './adminReplies.ts';
import { EntryToDeleteBody, ListQuery, NewEntryBody } from './blackListRoutes.ts';
import {
  MoveBody,
  MovesBody,
  NewNumbersBody,
  NumberPatch,
  NumbersQuery,
  StatesBody,
} from './numberFields.ts';

const xNumber = {
  number: Text,
  appKey: Text,
  areaCode: Text,
  state: Type.Enum(['normal', 'suspended', 'unavailable', 'bind-frozen', 'returned']),
  cause: Type.Optional(Text),
  bindings: Count,
  createdAt: Time,
};
const XNumber = Type.Object(xNumber);
const Changed = list(XNumber, { endedBindings: Count });

const BlackListEntry = Type.Object({
  id: Count,
  number: Text,
  appKey: Type.Optional(Text),
  blocks: Type.Enum(['caller', 'callee', 'both']),
  createdAt: Time,
});

const number = 'The X number, in E.164 (`+` may be written `%2B`).';
const numbers = { tag: 'Numbers', path: '/admin/v1/numbers' } as const;
const oneNumber = { tag: 'Numbers', path: '/admin/v1/numbers/{number}', params: { number } } as const;
const blackList = { tag: 'Black list', path: '/admin/v1/blacklist' } as const;
const oneEntry = {
  tag: 'Black list',
  path: '/admin/v1/blacklist/{id}',
  params: { id: 'The entry.' },
} as const;

/** X numbers, and the numbers of people who may not call or be called. */
export const numberOperations: readonly Operation[] = [
  {
    ...numbers,
    id: 'addNumbers',
    method: 'post',
    summary: 'Give X numbers to an application',
    body: { schema: NewNumbersBody },
    replies: makes(list(XNumber), 'already-exists', 'in-use'),
  },
  {
    ...numbers,
    id: 'listNumbers',
    method: 'get',
    summary: 'List X numbers',
    description: 'A full page has `next`: the number after which the following one begins.',
    query: NumbersQuery,
    defaults: { limit: '1000' },
    replies: shows(list(XNumber, { next: Type.Optional(Text) }), 'invalid-query'),
  },
  {
    ...numbers,
    path: '/admin/v1/numbers/state',
    id: 'setNumberStates',
    method: 'post',
    summary: 'Change the state of several X numbers',
    description: 'The customer is told in one `numStatus` message where his application wants to know.',
    body: { schema: StatesBody },
    replies: shows(Changed, 'not-found', 'number-returned', 'in-use'),
  },
  {
    ...numbers,
    path: '/admin/v1/numbers/move',
    id: 'moveNumbers',
    method: 'post',
    summary: 'Move X numbers to another application',
    description: 'Their bindings end.',
    body: { schema: MovesBody },
    replies: shows(Changed, 'not-found', 'already-exists', 'number-returned', 'in-use'),
  },
  {
    ...oneNumber,
    id: 'getNumber',
    method: 'get',
    summary: 'Read an X number',
    replies: shows(XNumber, 'not-found'),
  },
  {
    ...oneNumber,
    id: 'changeNumber',
    method: 'patch',
    summary: 'Change the city or the state of an X number',
    body: { schema: NumberPatch },
    replies: shows(XNumber, 'not-found', 'number-returned', 'in-use'),
  },
  {
    ...oneNumber,
    id: 'removeNumber',
    method: 'delete',
    summary: 'Remove an X number that has no bindings',
    replies: removes('not-found', 'in-use'),
  },
  {
    ...oneNumber,
    path: '/admin/v1/numbers/{number}/move',
    id: 'moveNumber',
    method: 'post',
    summary: 'Move an X number to another application',
    description: 'Its bindings end.',
    body: { schema: MoveBody },
    replies: shows(
      Type.Object({ ...xNumber, endedBindings: Count }),
      'not-found',
      'already-exists',
      'number-returned',
      'in-use',
    ),
  },
  {
    ...blackList,
    id: 'blockNumber',
    method: 'post',
    summary: 'Block a number',
    description: 'As caller (7005), as callee (7004) or both; in one application, or in every one.',
    body: { schema: NewEntryBody },
    replies: {
      200: {
        description: 'It was blocked already; how it is blocked has been changed.',
        schema: BlackListEntry,
      },
      ...makes(BlackListEntry, 'in-use'),
    },
  },
  {
    ...blackList,
    id: 'listBlockedNumbers',
    method: 'get',
    summary: 'List blocked numbers, masked',
    description: 'A full page has `next`: the id after which the following one begins.',
    query: ListQuery,
    defaults: { limit: '1000' },
    replies: shows(list(BlackListEntry, { next: Type.Optional(Count) }), 'invalid-query'),
  },
  {
    ...blackList,
    id: 'unblockNumber',
    method: 'delete',
    summary: 'Unblock a number',
    description: 'The number is in the body, because logs of proxies would find it in a path.',
    body: { schema: EntryToDeleteBody },
    replies: removes('not-found'),
  },
  {
    ...oneEntry,
    id: 'getBlockedNumber',
    method: 'get',
    summary: 'Read an entry of the black list',
    replies: shows(BlackListEntry, 'not-found'),
  },
  {
    ...oneEntry,
    id: 'removeBlockedNumber',
    method: 'delete',
    summary: 'Remove an entry of the black list',
    replies: removes('not-found'),
  },
];
