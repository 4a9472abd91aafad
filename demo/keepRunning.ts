import { once } from 'node:events';
import type { Paint } from './Paint.ts';
import { ANNA, BEN, type Stage, X } from './Stage.ts';

/** Leaves everything running until Ctrl-C, says how to dial in, and shows what the customer is told meanwhile. */
export async function keepRunning(paint: Paint, { application, sink, ben }: Stage): Promise<void> {
  const { sip, http, ops, adminToken } = application;
  const server = `${sip.host}:${sip.port}`;
  paint.heading('Dial in yourself');
  paint.line('Be Anna: with a softphone on this machine, without registration, call');
  paint.line(`${X} at ${server}. Ben, a phone of this demo, answers; you hear`);
  paint.line('his tone, and both of you are recorded.');
  paint.line();
  paint.line(paint.in('dim', '  baresip:'));
  paint.line(`    baresip -e "/uanew <sip:${ANNA.number}@${server}>;regint=0" \\`);
  paint.line(`      -e "/dial sip:${X}@${server}"`);
  paint.line(paint.in('dim', '  linphone and others: a SIP account that does not register, the identity'));
  paint.line(`    sip:${ANNA.number}@${server}, then call`);
  paint.line(`    sip:${X}@${server}`);
  paint.line();
  paint.line('Be Ben: let the trunk end at your softphone (here: port 5066), call as Anna.');
  paint.line(`    TOKEN=${adminToken}`);
  paint.line(`    curl -X PATCH ${http}/admin/v1/trunks/carrier-a \\`);
  paint.line(`      -H "Authorization: Bearer $TOKEN" \\`);
  paint.line(`      -H 'Content-Type: application/json' -d '{"port":5066}'`);
  paint.line();
  paint.line('Why does a call go where it goes?');
  paint.line(`    AXBRIDGE_ADMIN_URL=${http} AXBRIDGE_ADMIN_TOKEN=$TOKEN \\`);
  paint.line(`      npm run axbridge -- explain --caller ${BEN.number} --x ${X}`);
  paint.line();
  paint.line(`Metrics: ${ops}/metrics     Stop: Ctrl-C`);
  paint.line();

  ben.onCall = (call) => {
    call.ring();
    call.answer().catch(() => undefined);
  };
  sink.rule = ({ body }) => {
    const { eventType, statusInfo, feeLst } = JSON.parse(body);
    const { caller, called, stateCode } = statusInfo ?? {};
    const end = stateCode === undefined ? '' : `  stateCode ${stateCode}`;
    const what = statusInfo === undefined ? `${feeLst.length} call record` : `${caller} → ${called}${end}`;
    paint.line(`${paint.in('yellow', eventType.padEnd(11))} ${what}`);
    return 200;
  };
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
