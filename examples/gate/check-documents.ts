import { checkPackage } from '../checks/check-package.ts'

/** Fails unless guide, reference and README of the gate show what is run, and name all that there is. */
export const checkDocuments = (): Promise<void> =>
  checkPackage({
    name: 'gate',
    example: import.meta.dirname,
    errorCodes: 'GateErrorCode',
    load: (entry) => import(`@sallyport/gate${entry}`) as Promise<object>,
  })
