import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../decorators';
import { AuthRejectionPageDto, AuthRejectionsQuery } from '../rejections/auth-rejection.dto';
import { AuthRejectionsService } from '../rejections/auth-rejections.service';

/** The refused calls, with the reason that the caller was not told. */
@ApiTags('administration')
@RequireRole('Admin')
@Controller('api/v1/admin/auth-rejections')
export class AuthRejectionsController {
  constructor(private readonly rejections: AuthRejectionsService) {}

  /** Lists the refused calls, the newest first. */
  @Get()
  list(@Query() query: AuthRejectionsQuery): Promise<AuthRejectionPageDto> {
    return this.rejections.list(query);
  }
}
