import { describeQuarantineContract, toContractSubject } from '@sallyport/testkit/contracts'
import { sqliteQuarantine } from './sqlite-quarantine.ts'

describeQuarantineContract('sqliteQuarantine', {
  create: async () => toContractSubject(async (options) => sqliteQuarantine(':memory:', options)),
})
