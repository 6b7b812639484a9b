export { AuthModule } from './auth.module';
export { CurrentPrincipal, Public, RequireRole } from './decorators';
export type { Principal } from './principal';
export { AuthRejections } from './rejections/auth-rejections';
export { registerTokenCheck, TokenCheck } from './token-check';
