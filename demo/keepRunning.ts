import { once } from 'node:events';
import type { Paint } from './Paint.ts';
import type { Stage } from './Stage.ts';
import type { DialIn } from './Story.ts';
import { wordsOf } from './telling.ts';

/** Leaves everything running until Ctrl-C, says how to dial in, and shows what the customer is told meanwhile. */
export async function keepRunning(stage: Stage, { as, number, outcome }: DialIn): Promise<void> {
  const { paint, application, callees } = stage;
  const { sip, http, ops, adminToken } = application;
  const server = `${sip.host}:${sip.port}`;
  paint.heading('Dial in yourself');
  paint.line(`Be ${as.name}: with a softphone on this machine, without registration, call`);
  paint.line(`${number} at ${server}.`);
  paint.line(outcome);
  paint.line();
  paint.line(paint.in('dim', '  baresip:'));
  paint.line(`    baresip -n ${sip.host} -e "/uanew <sip:${as.number}@${server}>;regint=0" \\`);
  paint.line(`      -e "/dial sip:${number}@${server}"`);
  paint.line(paint.in('dim', '  others: a SIP account that does not register, with the identity'));
  paint.line(`    sip:${as.number}@${server}, then call`);
  paint.line(`    sip:${number}@${server}`);
  paint.line();
  paint.line('Be the one who is rung: let the trunk end at your softphone (here: port 5066).');
  paint.line(`    TOKEN=${adminToken}`);
  paint.line(`    curl -X PATCH ${http}/admin/v1/trunks/carrier-a \\`);
  paint.line(`      -H "Authorization: Bearer $TOKEN" \\`);
  paint.line(`      -H 'Content-Type: application/json' -d '{"port":5066}'`);
  paint.line();
  paint.line('Why does a call go where it goes?');
  paint.line(`    AXBRIDGE_ADMIN_URL=${http} AXBRIDGE_ADMIN_TOKEN=$TOKEN \\`);
  paint.line(`      npm run axbridge -- explain --caller ${as.number} --x ${number}`);
  paint.line();
  paint.line(`Recordings: ${application.dataDir}/recordings`);
  paint.line(`Metrics: ${ops}/metrics     Stop: Ctrl-C`);
  paint.line();

  callees.onCall = (call) => {
    call.ring();
    call.answer().catch(() => undefined);
  };
  showNotifications(paint, stage);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

/** Prints what the customer's server is told from now on; it answers as it did in the story. */
function showNotifications(paint: Paint, { sink }: Stage): void {
  const { rule } = sink;
  sink.rule = (request) => {
    const { eventType, statusInfo, feeLst } = JSON.parse(request.body);
    const what = statusInfo === undefined ? `${feeLst.length} call record` : wordsOf(statusInfo);
    paint.line(`${paint.in('yellow', eventType.padEnd(11))} ${what}`);
    return typeof rule === 'function' ? rule(request) : rule;
  };
}
