import { describe, expect, it } from 'vitest'
import { findScriptWords } from './find-script-words.ts'

describe('findScriptWords', () => {
  it.each([
    ['/usr/bin/dash', 'sh -e x.sh data', [], ['x.sh', 'data']],
    ['/usr/bin/dash', 'sh -euo pipefail x.sh', [], ['x.sh']],
    ['/usr/bin/bash', 'bash -o pipefail /tmp/x', [], ['/tmp/x']],
    ['/usr/bin/bash', 'bash --rcfile /etc/passwd /tmp/x', ['/etc/passwd'], ['/tmp/x']],
    ['/usr/bin/bash', 'bash -a -b -e -f -h -k -m -n -p -t -u -v x', [], ['x']],
    ['/usr/bin/bash', 'bash -ec code x', [], []],
    ['/bin/bash', 'bash -- -x', [], ['-x']],
    ['/usr/bin/python3.11', 'python3 -u app.py data.csv', [], ['app.py', 'data.csv']],
    ['/usr/bin/python3.11', 'python3 -Wonce notes.txt', [], ['notes.txt']],
    ['/usr/bin/python3.11', 'python3 -W ignore notes.txt', [], ['notes.txt']],
    ['/usr/bin/python3.11', 'python3 -um http.server /data/x', [], []],
    ['/usr/bin/perl', 'perl -lne print /data/x', [], []],
    ['/usr/bin/perl', 'perl -Fe notes.txt', [], ['notes.txt']],
    ['/usr/local/bin/node', 'node -r /tmp/a.txt server.js', ['/tmp/a.txt'], ['server.js']],
    ['/usr/local/bin/node', 'node --require=/tmp/a.txt server.js', ['/tmp/a.txt'], ['server.js']],
    ['/usr/bin/php8.2', 'php -d a=b -f /tmp/x', ['/tmp/x'], []],
    ['/opt/jdk/bin/java', 'java -Xmx1g -cp a.jar:/tmp/b.jar Main in.txt', ['a.jar', '/tmp/b.jar'], ['Main']],
    ['/opt/jdk/bin/java', 'java -javaagent:/tmp/a.jar=x -jar b.jar in', ['/tmp/a.jar', 'b.jar'], ['in']],
    ['/usr/bin/mawk', 'awk -f /tmp/x data', ['/tmp/x'], []],
    ['/usr/bin/make', 'make -f/tmp/x all', ['/tmp/x'], []],
    ['/bin/busybox', 'sh /tmp/x', [], ['/tmp/x']],
    ['/bin/busybox', '-sh /tmp/x', [], ['/tmp/x']],
    ['/bin/busybox', '/bin/busybox ash /tmp/x', [], ['/tmp/x']],
  ])('%s as `%s` runs %o or the first file of %o', (executable, command, code, candidates) => {
    expect(findScriptWords(executable, command.split(' '))).toEqual({ code, candidates })
  })

  it.each([
    ['/bin/busybox', 'tail -f /data/log.txt'],
    ['/usr/sbin/nginx', 'nginx -c /etc/nginx/nginx.conf'],
  ])('%s as `%s` is no interpreter', (executable, command) => {
    expect(findScriptWords(executable, command.split(' '))).toBeUndefined()
  })
})
