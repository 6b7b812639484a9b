import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth';
import { ReadinessChecks, type Readiness } from '../common/operations/readiness';

/** What probes ask. */
@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly checks: ReadinessChecks) {}

  /** The process runs. Needs no token. */
  @Get('live')
  live(): { status: string } {
    return { status: 'ok' };
  }

  /** Everything that a request needs is there; 503 names what is not. Needs no token. */
  @Get('ready')
  @ApiOperation({ summary: 'Everything that a request needs is there; 503 names what is not' })
  @ApiResponse({ status: 200, description: 'All checks are up' })
  @ApiResponse({ status: 503, description: 'Some check is down' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.checks.run();
    reply.status(readiness.ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return readiness;
  }
}
