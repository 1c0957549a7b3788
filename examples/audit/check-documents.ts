import { checkPackage } from '../checks/check-package.ts'

/** Fails unless guide and README of the audit show what is run, and name all that there is. */
export const checkDocuments = (): Promise<void> =>
  checkPackage({
    name: 'audit',
    example: import.meta.dirname,
    errorCodes: 'AuditErrorCode',
    load: (entry) => import(`@sallyport/audit${entry}`) as Promise<object>,
  })
