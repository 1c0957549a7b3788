import { readFile, writeFile } from 'node:fs/promises'
import { formatWaivers, importTrivyIgnore } from '@sallyport/policy'

const imported = importTrivyIgnore(await readFile('.trivyignore', 'utf8'), {
  source: '.trivyignore',
  owner: 'platform team',
  scopes: [{ repository: 'prod.example/team/app' }],
  expires: '2027-03-31',
  reason: 'accepted before the gate was there',
})
console.warn(imported.warnings?.join('\n'))
await writeFile('waivers.yaml', formatWaivers(imported))
