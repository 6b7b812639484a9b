import { join, relative } from 'node:path';
import type { Tokens } from './callers';
import { writePrivately } from './run-folder';
import { shiftedSample } from './samples';

/** Where things are while the demo is up. */
export interface Place {
  folder: string;
  url: string;
  metricsUrl: string;
  lifetimeMinutes: number;
}

const TOKENS_FILE = 'tokens.sh';

/** Writes the shell variables that the lines of {@link hints} use. */
export function writeTokens({ folder, url }: Pick<Place, 'folder' | 'url'>, tokens: Tokens): void {
  const alertFile = join(folder, 'alert.json');
  writePrivately(alertFile, shiftedSample('platform-metric-vm-availability-fired', new Date()).body);
  const variables = {
    API: `${url}/api/v1`,
    JSON: 'Content-Type: application/json',
    ALERT: alertFile,
    VIEWER: tokens.viewer,
    OPERATOR: tokens.operator,
    MANAGER: tokens.manager,
    ADMIN: tokens.admin,
    AZURE: tokens.azure,
  };
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  writePrivately(join(folder, TOKENS_FILE), lines.join(''));
}

/** What to do next: addresses, and lines to paste into a shell. */
export function hints({ folder, url, metricsUrl, lifetimeMinutes }: Place): string {
  const tokensFile = join(folder, TOKENS_FILE);
  return `The service is up; Ctrl-C stops it.

  API     ${url}/docs
  Metrics ${metricsUrl}
  Log     ${shortPath(join(folder, 'service.log'))}

In another terminal, get the tokens first (they live ${lifetimeMinutes} minutes; the file always has fresh ones):

  . ${quoted(tokensFile)}

Viewer reads:
  curl -H "Authorization: Bearer $VIEWER" "$API/work-items?state=new"
  curl -H "Authorization: Bearer $VIEWER" $API/work-items/INC0000002/timeline

  curl -H "Authorization: Bearer $VIEWER" $API/work-items/INC0000002/explain
  curl -H "Authorization: Bearer $VIEWER" -H "Accept: text/csv" "$API/work-items?state=new,on_hold"

Operator works on work items, edits the CMDB, and sees what could not be bound:
  curl -H "Authorization: Bearer $OPERATOR" -H "$JSON" -d '{"to": "in_progress"}' $API/work-items/INC0000005/transitions
  curl -H "Authorization: Bearer $OPERATOR" -H "$JSON" -d '{"name": "db-01"}' $API/configuration-items
  curl -H "Authorization: Bearer $OPERATOR" $API/binding-tasks

Manager routes, and sees beforehand what a rule would do to the last alerts:
  curl -H "Authorization: Bearer $MANAGER" $API/admin/routing-rules
  curl -H "Authorization: Bearer $MANAGER" -H "$JSON" -d '{"last": 5}' $API/admin/routing-rules/preview

Admin sees who was refused, what was sent, and who may send:
  curl -H "Authorization: Bearer $ADMIN" $API/admin/auth-rejections
  curl -H "Authorization: Bearer $ADMIN" "$API/admin/deliveries?status=rejected"

Azure Monitor posts an alert:
  curl -H "Authorization: Bearer $AZURE" -H "$JSON" -d @$ALERT $API/webhooks/azure-monitor

For Swagger's "Authorize", copy a token:  echo $VIEWER`;
}

/** From here if that is shorter. */
export function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
