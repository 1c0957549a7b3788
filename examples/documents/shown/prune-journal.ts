import { sqliteJournal } from '@sallyport/gate'

await using journal = sqliteJournal('gate.db')
const days = 86_400_000
console.log(await journal.prune({ before: new Date(Date.now() - 90 * days).toISOString() }))
