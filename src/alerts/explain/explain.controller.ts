import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { ExplanationDto } from './explain.dto';
import { ExplainService } from './explain.service';

/** Why work items are what they are. */
@ApiTags('work items')
@RequireRole('Viewer')
@Controller('api/v1/work-items')
export class ExplainController {
  constructor(private readonly explanations: ExplainService) {}

  /**
   * Explains a work item step by step, from the delivery that opened it to who works on it now.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Get(':number/explain')
  explain(@Param('number') number: string, @CurrentPrincipal() reader: Principal): Promise<ExplanationDto> {
    return this.explanations.explain(number, reader);
  }
}
