export { RuntimeError, type RuntimeErrorCode, type RuntimeErrorOptions } from './errors.ts'
