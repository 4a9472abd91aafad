/**
 * `npm run demo`: a first masked call, watched from all sides. Starts axbridge with everything it needs on free ports
 * and a throw-away database, makes a call between two phones, and shows what each side saw. The exit code is 0 only if
 * everything that the list at the end names was observed. `--keep` leaves it running.
 */
import { parseArgs } from 'node:util';
import { Checklist } from './Checklist.ts';
import { keepRunning } from './keepRunning.ts';
import { Ladder } from './Ladder.ts';
import {
  awaitStory,
  observeCall,
  observeMasking,
  observeMetrics,
  observeRecording,
  observeStory,
} from './observe.ts';
import { Paint } from './Paint.ts';
import { makeCall } from './phoneCall.ts';
import { ANNA, BEN, type Stage, setStage, X } from './Stage.ts';
import { printEvents, printRecord } from './story.ts';

async function play(paint: Paint, stage: Stage, began: number, keep: boolean): Promise<boolean> {
  const list = new Checklist(paint);
  paint.heading('The call');
  const ladder = new Ladder(paint);
  ladder.head({ anna: `Anna ${ANNA.number}`, middle: `axbridge, X ${X}`, ben: `Ben ${BEN.number}` });
  const call = await makeCall(stage, ladder);

  paint.heading("What the customer's server was told");
  const told = await awaitStory(stage);
  if (told !== undefined) {
    printEvents(paint, told, (at) => ladder.sinceStart(at));
    printRecord(paint, told, (at) => ladder.sinceStart(at));
  }

  paint.heading('Observed');
  observeCall(list, call);
  observeMasking(list, stage, call);
  list.check(told !== undefined, "the customer's server was told of the call");
  if (told !== undefined) {
    observeStory(list, stage, told);
    const recording = await observeRecording(list, stage, told);
    // Without --keep it is gone before anyone could listen.
    if (recording !== undefined && keep) paint.line(paint.in('dim', `   ${recording.path}`));
  }
  await observeMetrics(list, stage);

  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  paint.line();
  paint.line(paint.in('bold', `${list.summary}, in ${seconds} s`));
  return list.allSeen;
}

async function main(): Promise<void> {
  const options = { keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values } = parseArgs({ options });
  if (values.help === true) {
    console.log(
      'Usage: npm run demo [-- --keep]\n\n  --keep   leave everything running, to dial in with a softphone',
    );
    return;
  }
  const began = Date.now();
  const paint = new Paint(process.stdout, process.env.NO_COLOR);
  paint.heading('axbridge: one masked call');
  const stage = await setStage(paint);
  try {
    const seen = await play(paint, stage, began, values.keep === true);
    process.exitCode = seen ? 0 : 1;
    if (values.keep === true) await keepRunning(paint, stage);
  } finally {
    await stage.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
