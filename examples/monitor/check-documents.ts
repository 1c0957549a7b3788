import { checkPackage } from '../checks/check-package.ts'

/** Fails unless guide and README of the monitor show what is run, and name all that there is. */
export const checkDocuments = (): Promise<void> =>
  checkPackage({
    name: 'monitor',
    example: import.meta.dirname,
    errorCodes: 'MonitorErrorCode',
    load: (entry) => import(`@sallyport/monitor${entry}`) as Promise<object>,
  })
