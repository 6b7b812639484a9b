import { ApiHeader } from '@nestjs/swagger';

/** Documents the `If-Match` header of a change that must not overwrite somebody else's. */
export function ApiIfMatch({ required }: { required: boolean }): MethodDecorator {
  const description = 'The `ETag` that was read, such as `"3"`; `*` overwrites any version.';
  return ApiHeader({ name: 'If-Match', required, description });
}
