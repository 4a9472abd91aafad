import type { Api } from '../openapi/Operation.ts';
import { announcementOperations } from './announcementOperations.ts';
import { appOperations } from './appOperations.ts';
import { bindingOperations } from './bindingOperations.ts';
import { callOperations } from './callOperations.ts';
import { numberOperations } from './numberOperations.ts';
import { sipOperations } from './sipOperations.ts';

/** The admin API: what the operator calls. */
export const adminOperations: Api = {
  operations: [
    ...appOperations,
    ...numberOperations,
    ...bindingOperations,
    ...sipOperations,
    ...announcementOperations,
    ...callOperations,
  ],
  tags: {
    Accounts: 'Customers.',
    Applications: 'What customers build; each has one mode and credentials of its own.',
    Numbers: 'X numbers.',
    Bindings: 'What customers have bound.',
    'Black list': 'Numbers of people that may not call, or not be called.',
    Trunks: "Carriers' SIP trunks.",
    Handsets: 'Softphones that register as a number, for tests.',
    Announcements: 'Files that callers hear.',
    'Calls of all customers': 'What happens, what happened, and what would happen.',
    'Dead letters': 'Notifications that were given up after their last attempt.',
    'Blocked addresses': 'Addresses that sent wrong credentials to the partner API too often.',
  },
  securitySchemes: {
    operator: {
      type: 'http',
      scheme: 'bearer',
      description: "The operator's token (`AXBRIDGE_ADMIN_TOKEN`).",
    },
  },
  security: [{ operator: [] }],
  meanings: {},
};
