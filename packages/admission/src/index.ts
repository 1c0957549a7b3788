export { AdmissionError, type AdmissionErrorCode, type AdmissionErrorOptions } from './errors.ts'
