import { expect, it } from 'vitest'
import { countUnpassed, parseJunit } from './parse-junit.ts'

const report = `<testsuites name="s" tests="2" failures="1">
  <testsuite name="s" tests="2"><properties><property name="Config" value="a: &#34;b&#34;"></property></properties>
    <testcase name="a/ping" classname="" time="0.1" status="passed"><system-err>GET /</system-err></testcase>
    <testcase name="a/pull &lt;x&gt;" classname="" status="failure">
      <system-out>expected &#34;1&#34;&#xA;got &amp;amp;</system-out>
    </testcase>
  </testsuite></testsuites>`

it('reads names, results and messages of a report', () => {
  expect(countUnpassed(report)).toEqual({ failures: 1, errors: 0, skipped: 0, disabled: 0 })
  expect(parseJunit(report)).toEqual([
    { name: 'a/ping', status: 'passed', message: '' },
    { name: 'a/pull <x>', status: 'failure', message: 'expected "1"\ngot &amp;' },
  ])
})

it.each([[''], ['<testsuites tests="1"><testsuite>'], ['report failed']])('has no counts for %j', (xml) => {
  expect(countUnpassed(xml)).toBeUndefined()
})

it('refuses a test without a result', () => {
  expect(() => parseJunit('<testcase name="a"></testcase>')).toThrow(/no status/)
})
