import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenApiDocument } from './openApiDocument.ts';

const PACKAGE = join(import.meta.dirname, '..', '..', 'package.json');

const description = `
Two people call each other through an X number, and neither sees the other's number.

**The partner API** (\`/rest/…\`) is what customers' servers call. Each answer is JSON with \`resultcode\` and
\`resultdesc\`; \`"0"\` is success, and a refusal names the field that was wrong. Bodies are JSON in UTF-8, whatever
\`Content-Type\` says. Forms of real clients that have only one meaning are understood: a field that is \`null\` or
\`""\` is absent, integers may be strings of digits, \`"true"\` may be \`true\`, an empty array may stand for an empty
object, a field that is not known is passed over, and the fields of a DELETE may come as a JSON body. The \`+\` of a
number must be written \`%2B\` in a query.

**The admin API** (\`/admin/v1/…\`) is the operator's: JSON collections and items, with problem details (RFC 9457) for
errors. A field that is not known is refused.
`.trim();

/** What the document says of itself. */
export function apiInfo(): OpenApiDocument['info'] {
  const { version }: { version: string } = JSON.parse(readFileSync(PACKAGE, 'utf8'));
  return { title: 'axbridge', version, description };
}
