/** The hang-up causes that routing itself gives (facts, Appendix A); how each ends a call is the business of `src/calls`. */
export const STATE_CODE = {
  userFrozen: 7108,
  noBindingForCaller: 8014,
  directionNotAllowed: 8016,
  noPermission: 8018,
  landlineMayNotCall: 8023,
  xUnknownInAxe: 8025,
  xUnavailable: 8055,
} as const;
