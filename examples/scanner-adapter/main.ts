// The adapter of docs/guides/scanner-adapter.md passes the contract of scanners, against a service on this machine.
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { startVitest } from 'vitest/node'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'

const here = import.meta.dirname
const guide = join(here, '..', '..', 'docs', 'guides', 'scanner-adapter.md')
await checkGuide(guide, join(here, 'adapter'))
for (const document of [guide, join(here, 'README.md')]) await checkLinks(document)

const vitest = await startVitest('test', [], { root: here, watch: false, reporters: ['dot'] })
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()])
await vitest.close()
assert(tests.length > 10)
assert(tests.every((test) => test.result().state === 'passed'))
