import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { Api } from './Operation.ts';
import { type OpenApiDocument, openApiDocument } from './openApiDocument.ts';

const SIGN_REQUESTS = readFileSync(join(import.meta.dirname, 'page', 'signRequests.js'), 'utf8');

/** The page needs nothing from elsewhere, runs no script that stands in HTML, and is in nobody's frame. */
const CONTENT_SECURITY_POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

export interface DocumentRoutesOptions {
  readonly info: OpenApiDocument['info'];
  /** Signed with key and secret. */
  readonly partner: Api;
  /** Every other. */
  readonly others: readonly Api[];
}

/** `/openapi.json`: the document of all that is served, and `/docs`: a page to read and try it. */
export async function documentRoutes(
  fastify: FastifyInstance,
  options: DocumentRoutesOptions,
): Promise<void> {
  const { info, partner, others } = options;
  const document = JSON.stringify(openApiDocument(info, [partner, ...others]));
  fastify.get('/openapi.json', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(document),
  );

  const forPage = JSON.parse(
    JSON.stringify(openApiDocument(info, [askingForKeyAndSecret(partner), ...others])),
  );
  await fastify.register(async (page) => {
    await page.register(swagger, { mode: 'static', specification: { document: forPage } });
    await page.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: CONTENT_SECURITY_POLICY,
      theme: { title: info.title, js: [{ filename: 'signRequests.js', content: SIGN_REQUESTS }] },
      uiConfig: {
        // Without the bar of Swagger UI, which would load other people's documents.
        layout: 'BaseLayout',
        docExpansion: 'none',
        persistAuthorization: false,
        showMutatedRequest: true,
        // What stands here is sent to the browser as its source text.
        requestInterceptor: (request) => globalThis.signRequest(request),
      },
    });
  });
}

/** The page asks for key and secret in the only way that Swagger UI has, and signs with them: see page/signRequests.js. */
function askingForKeyAndSecret(partner: Api): Api {
  const description =
    "User name: the application's key. Password: its secret, which does not leave this page.";
  return {
    ...partner,
    securitySchemes: { application: { type: 'http', scheme: 'basic', description } },
    security: [{ application: [] }],
  };
}

declare global {
  /** Of page/signRequests.js, in the browser. */
  var signRequest: (request: Readonly<Record<string, unknown>>) => Promise<Record<string, unknown>>;
}
