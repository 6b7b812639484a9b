import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { withHeaders } from './openapi-headers';
import { withProblems } from './openapi-problems';

const DESCRIPTION = `Takes Azure Monitor alerts from Secure Webhook actions and turns them into work items, bound to their configuration items.

Every call but \`/health/*\` needs a Microsoft Entra access token in the \`Authorization\` header. What it may do follows from its \`roles\`:
the webhook role posts alerts; \`Viewer\` reads; \`Operator\` works on work items; \`Manager\` closes, cancels and routes; \`Admin\` does all of that, and alone
manages callers and sees deliveries, refused calls and the audit trail. Errors are RFC 9457 problem documents; \`code\` is stable.`;

/** The OpenAPI document of the whole API. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('secure-export')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'A Microsoft Entra access token',
    })
    .addTag('webhook', 'Where Azure Monitor posts')
    .addTag('work items', 'What people work on')
    .addTag('alerts', 'What Azure Monitor told')
    .addTag('configuration items', 'The CMDB, and what could not be bound to it')
    .addTag('administration', 'Routing rules, callers, deliveries, refused calls and the audit trail')
    .addTag('health', 'For probes; needs no token')
    .build();
  return withHeaders(withProblems(SwaggerModule.createDocument(app, config)));
}

/** Serves Swagger UI at `/docs` and the document at `/docs-json`. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'secure-export API',
    swaggerOptions: {
      tryItOutEnabled: true,
      docExpansion: 'list',
      displayRequestDuration: true,
    },
  });
}
