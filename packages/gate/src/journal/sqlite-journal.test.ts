import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeJournalContract, toContractSubject } from '@sallyport/testkit/contracts'
import { sqliteJournal } from './sqlite-journal.ts'

describeJournalContract('sqliteJournal in memory', {
  shared: false,
  create: async () => toContractSubject(async () => sqliteJournal(':memory:')),
})

describeJournalContract('sqliteJournal in a file', {
  create: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-journal-'))
    return toContractSubject(
      async () => sqliteJournal(join(directory, 'gate.db')),
      () => rm(directory, { recursive: true, force: true }),
    )
  },
})
