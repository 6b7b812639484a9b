import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '../../auth';
import { EXPORT_FORMATS, type ExportFormat, type ExportType } from './work-item-export.rules';
import { WorkItemSearchService } from './work-item-search.service';
import type { WorkItemsQuery } from './work-items-query.dto';

/** So many work items are in memory at a time. */
const CHUNK = 500;

/** An export on its way. */
export interface WorkItemExport extends Pick<ExportFormat, 'contentType' | 'fileName'> {
  content: Readable;
}

/** Who exports what. */
export interface ExportRequest {
  query: WorkItemsQuery;
  principal: Principal;
  type: ExportType;
  /** For the log. */
  requestId: string;
}

/** Writes whole lists, however long. */
@Injectable()
export class WorkItemExportService {
  private readonly logger = new Logger(WorkItemExportService.name);

  constructor(private readonly search: WorkItemSearchService) {}

  /**
   * A stream that reads on as fast as it is taken, and stops when it is closed. It begins when the first work items are
   * there: what is wrong until then can still be answered as what it is. Later an error breaks the connection off, so
   * that nobody takes the part for the whole.
   */
  async open(request: ExportRequest): Promise<WorkItemExport> {
    const { contentType, fileName, ...format } = EXPORT_FORMATS[request.type];
    const texts = this.texts(request, format);
    const first = await texts.next();
    const content = Readable.from(continued(first, texts), { objectMode: false });
    return { contentType, fileName, content };
  }

  private async *texts(request: ExportRequest, { head, textOf }: Pick<ExportFormat, 'head' | 'textOf'>): Texts {
    let isBegun = false;
    try {
      for await (const workItems of this.search.chunks(request.query, request.principal, CHUNK)) {
        yield isBegun ? textOf(workItems) : head + textOf(workItems);
        isBegun = true;
      }
    } catch (error) {
      if (isBegun) this.logger.error({ msg: 'an export broke off', requestId: request.requestId, err: error });
      throw error;
    }
    if (!isBegun) yield head;
  }
}

type Texts = AsyncGenerator<string, void, void>;

async function* continued(first: IteratorResult<string, void>, rest: Texts): Texts {
  if (first.done === true) return;
  try {
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}
