import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'
const files: Record<string, Uint8Array> = {}
for (const p of process.argv.slice(2)) files['/app/' + basename(p)] = readFileSync(p)
const { packages, gaps } = await createInventory(imageOf(files))
for (const p of packages)
  console.log(p.purl, p.evidence.path, p.evidence.method, p.license, p.checksums?.[0]?.value ?? '')
for (const g of gaps) console.log(g.code, g.message)
