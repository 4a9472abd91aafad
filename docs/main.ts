/** `npm run docs`: writes the pages that are made from tables in the code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateCodesPage } from './stateCodesPage.ts';

writeFileSync(join(import.meta.dirname, 'state-codes.md'), stateCodesPage());
