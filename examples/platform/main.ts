// Runs what a platform team writes itself, between two registries and a signing service in this process: a command line, a script
// around it, a service that a registry tells of pushes, a signer.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { createSign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { buffer } from 'node:stream/consumers'
import { generateSigningKey } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { checkLinks } from '../checks/check-links.ts'
import { sampleImage, writeSamples } from '../gate/write-samples.ts'
import { openGate } from './open-gate.ts'
import { createService } from './service.ts'

await checkLinks(join(import.meta.dirname, 'README.md'))
const folder = await mkdtemp(join(tmpdir(), 'sallyport-platform-'))
const back = process.cwd()
process.chdir(folder)
await using client = createRegistryClient()
await using production = await startRegistry()

/** Runs a program, with what it reads, and returns how it ended and what it printed. */
function run(program: string, parameters: readonly string[], input = ''): Promise<[number, string]> {
  return new Promise((settle) => {
    const child = execFile(program, parameters, (error, stdout) => settle([Number(error?.code ?? 0), stdout]))
    child.stdin?.end(input)
  })
}
const cli = (...parameters: readonly string[]) =>
  run(process.execPath, [...process.execArgv, join(import.meta.dirname, 'cli.ts'), ...parameters])

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const release = generateSigningKey()
const signing = createServer(async (request, response) => {
  if (request.headers.authorization !== 'Bearer secret') response.writeHead(401).end()
  else if (request.url === '/key') response.end(release.publicKey)
  else
    response.end(
      createSign('sha256')
        .update(await buffer(request))
        .sign(release.privateKey),
    )
}).listen(0, '127.0.0.1')
await once(signing, 'listening')

try {
  await writeSamples()
  await writeFile('evidence.key', generateSigningKey().privateKey)
  process.env['SIGNING_URL'] = `http://127.0.0.1:${(signing.address() as AddressInfo).port}`
  process.env['SIGNING_TOKEN'] = 'secret'

  // The service listens first: the registry is told where.
  await using resources = new AsyncDisposableStack()
  const gate = await openGate(resources)
  const port = await freePort()
  await using build = await startRegistry({
    notifications: {
      url: `http://127.0.0.1:${port}/hooks/build`,
      headers: { authorization: 'Bearer a-long-token' },
    },
  })
  const service = createService(gate, {
    build: build.host,
    production: production.host,
    token: 'a-long-token',
  })
  await service.listen({ host: '127.0.0.1', port })
  const push = (name: string, tool: boolean) => {
    const reference = parseReference(`${build.host}/${name}`)
    return pushImage(client.repository(reference), sampleImage({ tool, version: name }), reference.tag)
  }

  // The command line, and the script.
  await push('team/good:1', false)
  await push('team/bad:1', true)
  const good = [`${build.host}/team/good:1`, `${production.host}/team/good:1`]
  const [planned, plan] = await cli('plan', ...good)
  assert.equal(planned, 0)
  assert.match(plan, /would move/)
  const script = join(import.meta.dirname, 'promote.sh')
  const [worst, lines] = await run(script, [build.host, production.host], 'team/good:1\nteam/bad:1\n')
  assert.equal(lines, 'team/good:1 0\nteam/bad:1 1\n')
  assert.equal(worst, 1)
  assert(production.resolve('team/good', '1'))
  assert.equal(production.resolve('team/bad', '1'), undefined)
  assert.match((await cli('quarantine'))[1], /team\/bad:1/)
  assert.equal((await cli())[0], 2)

  // The service: one delivery that nobody trusted sent, then a push that the registry tells of.
  const forged = await fetch(`http://127.0.0.1:${port}/hooks/build`, {
    method: 'POST',
    body: '{"events":[]}',
  })
  assert.equal(forged.status, 401)
  await push('build/live:1', false)
  await build.notificationsSettled()
  await service.close()
  const live = production.resolve('live', '1')
  assert(live)
  const { items } = await gate.context.journal.listRecords({})
  assert(items.some(({ target }) => target.digest === live))
} finally {
  signing.closeAllConnections()
  signing.close()
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}
