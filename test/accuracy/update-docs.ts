// Writes the tables of docs/accuracy.md anew: node --conditions=@sallyport/source test/accuracy/update-docs.ts
import { writeFile } from 'node:fs/promises'
import { page, renderPage } from './inventory/render-table.ts'

await writeFile(page, (await renderPage()).expected)
