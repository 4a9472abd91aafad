import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import {
  type CommandGroup,
  done,
  field,
  needed,
  type Options,
  queryOf,
  tableOf,
  UsageError,
} from './command.ts';
import { fieldTable } from './fieldTable.ts';
import { isRecord } from './isRecord.ts';

const NAME = { value: 'NAME', meaning: 'the announcement, like wait.wav' };
const BY = { value: 'NAME', meaning: 'who says so; without it, the user of this machine' };

const nameIn = (command: string, options: Options): string =>
  needed(command, options, 'name', 'the name of an announcement');

const pathOf = (command: string, options: Options): string =>
  `/announcements/${encodeURIComponent(nameIn(command, options))}`;

/** Who reviews: whoever is named, else the user of this machine, if it knows one. */
function reviewer({ by }: Options): { readonly by?: string } {
  if (typeof by === 'string') return { by };
  try {
    return { by: userInfo().username };
  } catch {
    return {};
  }
}

/** @throws UsageError where a file cannot be read or written */
function withFile<Result>(where: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new UsageError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What became of an announcement, and what callers hear now. */
function outcome(answer: unknown): string {
  if (!isRecord(answer)) return 'no answer';
  const { name, state, approved } = answer;
  if (state === 'approved') return `${name} is approved: callers hear it`;
  const what = state === 'pending' ? 'waits until an operator approves it' : 'is rejected';
  return isRecord(approved)
    ? `${name} ${what}; callers hear what was approved before`
    : `${name} ${what}; callers do not hear it`;
}

/** Files that callers hear, and the word of who has listened to them. */
export const ANNOUNCEMENTS: CommandGroup = {
  purpose: 'files that callers hear',
  commands: {
    list: {
      purpose: 'list the announcements',
      more: 'STATE is that of the file that was uploaded last; HEARD says whether callers hear one under that name.',
      options: { state: { value: 'STATE', meaning: 'those that are pending, approved or rejected' } },
      examples: ['announcement list', 'announcement list --state pending'],
      ask: (admin, options) => admin.get(`/announcements?${queryOf(options, { state: 'state' })}`),
      present: tableOf('no announcements', [
        { heading: 'NAME', show: field('name') },
        { heading: 'STATE', show: field('state') },
        { heading: 'HEARD', show: ({ approved }) => approved !== undefined },
        { heading: 'SECONDS', show: ({ seconds }) => Number(seconds).toFixed(1) },
        { heading: 'UPLOADED', show: field('createdAt') },
        { heading: 'REVIEWED BY', show: field('reviewedBy') },
        { heading: 'CAUSE', show: field('cause') },
        { heading: 'NOTE', show: field('note') },
      ]),
    },
    show: {
      purpose: 'show what is known of an announcement',
      more: 'The lines that begin with "approved." tell of the file that callers hear.',
      options: { name: NAME },
      subject: 'name',
      examples: ['announcement show wait.wav'],
      ask: async (admin, options) => admin.get(pathOf('announcement show', options)),
      present: fieldTable,
    },
    upload: {
      purpose: 'upload a WAV file: A-law, 8000 Hz, mono, at most 2 MB',
      more:
        'ffmpeg makes one: ffmpeg -i in.mp3 -ar 8000 -ac 1 -c:a pcm_alaw out.wav\n' +
        'Where announcements are reviewed, callers hear it once it is approved, and what it replaces until then.',
      options: {
        file: { value: 'FILE', meaning: 'the file' },
        name: { value: 'NAME', meaning: 'under which it can be used; without it, that of the file' },
        note: { value: 'TEXT', meaning: 'what it is for, for whoever reviews it' },
      },
      subject: 'file',
      examples: [
        'announcement upload wait.wav',
        "announcement upload new-wait.wav --name wait.wav --note 'waiting music of spring'",
      ],
      ask: async (admin, options) => {
        const file = needed('announcement upload', options, 'file', 'a WAV file');
        const content = withFile(`announcement upload: ${file}`, () => readFileSync(file));
        const query = queryOf({ name: basename(file), ...options }, { name: 'name', note: 'note' });
        return admin.postFile(`/announcements?${query}`, content);
      },
      present: outcome,
    },
    approve: {
      purpose: 'let callers hear what was uploaded last under a name',
      more: 'What was rejected can be approved after all.',
      options: {
        name: NAME,
        by: BY,
        sha256: {
          value: 'DIGITS',
          meaning: 'only if this is still what was uploaded last (announcement show)',
        },
      },
      subject: 'name',
      examples: ['announcement approve wait.wav', 'announcement approve wait.wav --by ada'],
      ask: async (admin, options) => {
        const { sha256 } = options;
        return admin.post(`${pathOf('announcement approve', options)}/approve`, {
          ...reviewer(options),
          ...(sha256 !== undefined && { sha256 }),
        });
      },
      present: outcome,
    },
    reject: {
      purpose: 'turn down what was uploaded last under a name',
      more: 'What was approved before it is heard as before. What was itself approved is heard no longer, whoever names it.',
      options: { name: NAME, cause: { value: 'TEXT', meaning: 'why' }, by: BY },
      subject: 'name',
      examples: ["announcement reject wait.wav --cause 'names a person'"],
      ask: async (admin, options) => {
        const path = `${pathOf('announcement reject', options)}/reject`;
        const cause = needed('announcement reject', options, 'cause', 'what is wrong with it');
        return admin.post(path, { ...reviewer(options), cause });
      },
      present: outcome,
    },
    download: {
      purpose: 'write the file of an announcement to this machine, to listen to it',
      options: {
        name: NAME,
        to: {
          value: 'FILE',
          meaning: 'where to; a file that is there is not replaced. Without it, its name, here',
        },
        which: {
          value: 'WHICH',
          meaning: 'newest, what was uploaded last, or approved, what callers hear [newest]',
        },
      },
      subject: 'name',
      examples: [
        'announcement download wait.wav',
        'announcement download wait.wav --which approved --to heard.wav',
      ],
      ask: async (admin, options) => {
        const name = nameIn('announcement download', options);
        const query = queryOf(options, { which: 'which' });
        const content = await admin.getFile(`${pathOf('announcement download', options)}/audio?${query}`);
        const file = typeof options.to === 'string' ? options.to : name;
        withFile(`announcement download: ${file}`, () => writeFileSync(file, content, { flag: 'wx' }));
        return { file, bytes: content.length };
      },
      present: (answer) => (isRecord(answer) ? `${answer.file}: ${answer.bytes} bytes` : 'no answer'),
    },
    remove: {
      purpose: 'remove an announcement that no application and no binding names',
      options: { name: NAME },
      subject: 'name',
      examples: ['announcement remove wait.wav'],
      ask: async (admin, options) => admin.delete(pathOf('announcement remove', options)),
      present: done,
    },
  },
};
