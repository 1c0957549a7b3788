import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheDirectory } from '@sallyport/test-tools'

const central = 'https://repo.maven.apache.org/maven2'

/** Archives of Maven Central, with their SHA-1. */
const archives: readonly (readonly [string, string])[] = [
  [
    'org/apache/logging/log4j/log4j-core/2.14.1/log4j-core-2.14.1.jar',
    '9141212b8507ab50a45525b545b39d224614528b',
  ],
  [
    'org/springframework/spring-core/5.3.20/spring-core-5.3.20.jar',
    '4b88aa3c401ede3d6c8ac78ea0c646cf326ec24b',
  ],
  ['com/google/guava/guava/31.1-jre/guava-31.1-jre.jar', '60458f877d055d0c9114d9e1a2efb737b4bc282c'],
  [
    'io/netty/netty-handler/4.1.58.Final/netty-handler-4.1.58.Final.jar',
    'faf8c798379e54657dc3e34c115f52954c85973b',
  ],
  [
    'com/fasterxml/jackson/core/jackson-databind/2.9.10.8/jackson-databind-2.9.10.8.jar',
    '9c1489f31d79994d53966dc8bbc387466b2e47ef',
  ],
  [
    'io/prometheus/jmx/jmx_prometheus_javaagent/0.17.0/jmx_prometheus_javaagent-0.17.0.jar',
    'f52f16e90333f2b2e05a47195328a5821b0cd971',
  ],
  ['org/yaml/snakeyaml/1.26/snakeyaml-1.26.jar', 'a78a8747147d2c5807683e76ec2b633e95c14fe9'],
  ['com/h2database/h2/1.4.200/h2-1.4.200.jar', 'f7533fe7cb8e99c87a43d325a77b4b678ad9031a'],
  ['commons-cli/commons-cli/1.1/commons-cli-1.1.jar', '11c98b99ad538f2f67633afd4d7f4d98ecfbb408'],
  ['org/ow2/asm/asm/7.1/asm-7.1.jar', 'fa29aa438674ff19d5e1386d2c3527a0267f291e'],
  [
    'org/apache/tomcat/embed/tomcat-embed-core/9.0.60/tomcat-embed-core-9.0.60.jar',
    '0e14045220243804544ddb168cb532f4640a220c',
  ],
  ['org/jolokia/jolokia-war/1.7.2/jolokia-war-1.7.2.war', 'f585c3f4cdd1a267c02074e12f1dac5ef685d34f'],
]

/** An archive of Maven Central. */
interface MavenArchive {
  readonly name: string
  readonly bytes: Buffer
  /** purl by its path there, which is how Maven calls it. */
  readonly purl: string
  readonly sha1: string
}

/** Fetches them once; they are kept in `maven` of the cache. */
export async function mavenArchives(): Promise<readonly MavenArchive[]> {
  const folder = join(cacheDirectory(), 'maven')
  await mkdir(folder, { recursive: true })
  return Promise.all(
    archives.map(async ([path, sha1]) => {
      const parts = path.split('/')
      const [artifact, version] = parts.slice(-3)
      const name = basename(path)
      const bytes = await readOrFetch(join(folder, name), path, sha1)
      return { name, bytes, sha1, purl: `pkg:maven/${parts.slice(0, -3).join('.')}/${artifact}@${version}` }
    }),
  )
}

async function readOrFetch(file: string, path: string, sha1: string): Promise<Buffer> {
  const kept = await readFile(file).catch(() => undefined)
  if (kept && digest(kept) === sha1) return kept
  const answer = await fetch(`${central}/${path}`, { signal: AbortSignal.timeout(60_000) })
  if (!answer.ok) throw new Error(`${path}: Maven Central answers ${answer.status}`)
  const bytes = Buffer.from(await answer.arrayBuffer())
  if (digest(bytes) !== sha1) throw new Error(`${path}: not the archive that was expected`)
  await writeFile(`${file}.part`, bytes)
  await rename(`${file}.part`, file)
  return bytes
}

const digest = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex')
