export { GateError, type GateErrorCode, type GateErrorOptions } from './errors.ts'
