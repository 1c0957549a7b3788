import { readFileSync } from 'node:fs'
import Ajv2020 from 'ajv/dist/2020.js'
import Ajv from 'ajv/dist/2019.js'
import formats from 'ajv-formats'
for (const [schema, doc] of [
  ['spdx-schema-v2.3.json', 'spdx23'],
  ['spdx-schema-v3.0.1.json', 'spdx30'],
  ['schema-v3.0.1.json', 'spdx30'],
]) {
  const s = JSON.parse(readFileSync('/tmp/sbomscratch/schemas/' + schema, 'utf8'))
  console.log(schema, s.$schema)
  const A = String(s.$schema).includes('2020') ? Ajv2020 : Ajv
  const ajv = new (A.default ?? A)({ strict: false, allErrors: false })
  ;(formats.default ?? formats)(ajv)
  const v = ajv.compile(s)
  for (const n of ['web', 'python', 'node', 'static']) {
    const ok = v(JSON.parse(readFileSync(`/tmp/sbomscratch/${n}-${doc}.json`, 'utf8')))
    console.log(n, ok, ok ? '' : JSON.stringify(v.errors).slice(0, 1500))
  }
}
