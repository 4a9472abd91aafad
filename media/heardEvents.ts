import type { Connection } from 'drachtio-modesl';

/** What is heard of a channel as long as nothing is run on it. */
const AT_FIRST = 'DTMF';
/** What begins and ends an application. */
const OF_APPLICATIONS = 'CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE';

/**
 * Has a channel's event socket tell of keys alone, whatever drachtio-fsmrf subscribes to.
 *
 * FreeSWITCH compares each event of each channel with the wishes of every socket, writes most of them with all variables
 * of the channel, and drachtio-modesl reads these: of what fsmrf asks for, that is most of what a call's events cost. That a
 * channel has ended is told by its dialog and by its socket's end.
 */
export function hearKeysAlone(connection: Connection): void {
  connection.subscribe = () => connection.sendRecv(`event json ${AT_FIRST}`, () => undefined);
}

/** Has it tell of applications too, from the next command on. */
export function hearApplications(connection: Connection): void {
  connection.sendRecv(`event json ${OF_APPLICATIONS}`, () => undefined);
}
