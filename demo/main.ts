/**
 * `npm run demo`: what one mode of axbridge is for, watched from all sides. Starts axbridge with everything it needs on
 * free ports and a throw-away database, tells the mode's story with real phones, and shows what each side saw. The exit
 * code is 0 only if everything that the story set out to show was observed, 2 where an option is wrong.
 */
import { Checklist } from './Checklist.ts';
import { keepRunning } from './keepRunning.ts';
import { type DemoOptions, readOptions, USAGE, UsageError } from './options.ts';
import { Paint } from './Paint.ts';
import { Stage } from './Stage.ts';
import { STORIES } from './stories/index.ts';

/** Whether all was seen. */
async function tell({ mode, keep }: DemoOptions): Promise<boolean> {
  const began = Date.now();
  const paint = new Paint(process.stdout, process.env.NO_COLOR);
  const list = new Checklist(paint);
  const story = STORIES[mode];
  paint.heading(story.title);
  const stage = await Stage.set(paint, list);
  try {
    const dialIn = await story.play(stage);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    paint.line();
    paint.line(paint.in('bold', `${list.summary}, in ${seconds} s`));
    if (keep) await keepRunning(stage, dialIn);
  } finally {
    await stage.close();
  }
  return list.allSeen;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else process.exitCode = (await tell(options)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
