import { Type } from 'typebox';

/** Most items of one page of a collection. */
export const MOST_ITEMS = 1000;
/** Items of one page where a request does not say how many, of what grows with traffic. */
export const USUAL_ITEMS = 100;

const description = `a number from 1 to ${MOST_ITEMS}`;

/** How many items a query asks for. */
export const QueryLimit = Type.Optional(Type.String({ pattern: '^([1-9]\\d{0,2}|1000)$', description }));

/** How many items a body asks for. */
export const BodyLimit = Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_ITEMS, description }));
