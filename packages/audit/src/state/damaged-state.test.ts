import { pushImage } from '@sallyport/testkit'
import { expect, it } from 'vitest'
import { imageOf, indexOf, openTestBed } from '../run/audit-test.fixture.ts'

it.each([
  ['what a manifest is', `UPDATE audit_content SET shape = '{"kind":'`],
  ['what refers to it', `UPDATE audit_place SET referrers = '['`],
])('%s that is damaged in the file is JOURNAL_CORRUPT in the next audit', async (_, damage) => {
  await using bed = await openTestBed()
  await pushImage(bed.repository('app'), indexOf('multi'), '1')
  await bed.run()
  await bed.state.database.query(damage)
  bed.clock.time++
  await expect(bed.run()).rejects.toMatchObject({ name: 'GateError', code: 'JOURNAL_CORRUPT' })
})

it.each([
  ['its fields', `UPDATE audit_record SET fields = '{'`],
  ['what was found', `UPDATE audit_document SET body = ''`],
])('a record of which %s are damaged in the file is JOURNAL_CORRUPT', async (_, damage) => {
  await using bed = await openTestBed()
  await pushImage(bed.repository('app'), imageOf('a'), '1')
  const { id } = await bed.run()
  await bed.state.database.query(damage)
  await expect(bed.records(id)).rejects.toMatchObject({ name: 'GateError', code: 'JOURNAL_CORRUPT' })
})
