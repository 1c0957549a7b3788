import type { SampleName } from './package-lock.ts'
import type { RootFileSystem } from './root-file-system.ts'

/** What makes one sample image differ from the other, layer by layer. */
export interface Sample {
  /** Packages that its Dockerfile would name. */
  readonly requested: readonly string[]
  /** What the build leaves beside the packages. */
  build(root: RootFileSystem): void
  copyApplication(root: RootFileSystem): void
  /** A later layer that deletes and overwrites files of earlier ones. */
  cleanUp(root: RootFileSystem): void
  readonly config: Readonly<Record<string, unknown>>
  /** Text that the running image must answer to `GET /`. */
  readonly answer: string
}

const environment = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
const page = (title: string, text: string) =>
  `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>${title}</title>\n<p>${text}</p>\n</html>\n`

const nginxConfiguration = `daemon off;
pid /run/nginx.pid;
error_log stderr warn;
user root root;
worker_processes 1;
events { worker_connections 64; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  gzip on;
  client_body_temp_path /tmp/nginx-body;
  proxy_temp_path /tmp/nginx-proxy;
  fastcgi_temp_path /tmp/nginx-fastcgi;
  uwsgi_temp_path /tmp/nginx-uwsgi;
  scgi_temp_path /tmp/nginx-scgi;
  server {
    listen 8080;
    root /srv/reports;
  }
}
`

/** The sample images by name. */
export const samples: Readonly<Record<SampleName, Sample>> = {
  webserver: {
    requested: ['busybox', 'curl', 'wget'],
    build(root) {
      root.put('/build/site.tar.list', { type: 'file', content: 'index.html\nstyle.css\n' })
      root.put('/srv/www/draft/index.html', { type: 'file', content: page('Draft', 'Not for the public.') })
    },
    copyApplication(root) {
      root.put('/srv/www/index.html', { type: 'file', content: page('Sample', 'Built, not yet cleaned up.') })
      root.put('/srv/www/style.css', { type: 'file', content: 'p { font-family: sans-serif }\n' })
    },
    cleanUp(root) {
      root.remove('/build')
      root.replaceDirectory('/srv/www/draft')
      root.put('/srv/www/index.html', {
        type: 'file',
        content: page('Sample', 'The webserver sample is up.'),
      })
    },
    config: {
      Env: environment,
      Entrypoint: ['/usr/bin/busybox', 'httpd', '-f', '-p', '8080', '-h', '/srv/www'],
      WorkingDir: '/',
      ExposedPorts: { '8080/tcp': {} },
    },
    answer: 'The webserver sample is up.',
  },
  reporter: {
    requested: ['nginx'],
    build(root) {
      root.put('/build/nginx.conf.old', { type: 'file', content: nginxConfiguration })
    },
    copyApplication(root) {
      root.put('/srv/reporter/nginx.conf', {
        type: 'file',
        content: nginxConfiguration.replace('gzip on;', 'gzip off;'),
      })
      root.put('/srv/reports/index.html', {
        type: 'file',
        content: page('Reports', 'The reporter sample is up.'),
      })
    },
    cleanUp(root) {
      root.remove('/build')
      root.put('/srv/reporter/nginx.conf', { type: 'file', content: nginxConfiguration })
    },
    config: {
      Env: environment,
      Entrypoint: ['/usr/sbin/nginx', '-c', '/srv/reporter/nginx.conf'],
      WorkingDir: '/',
      ExposedPorts: { '8080/tcp': {} },
      StopSignal: 'SIGQUIT',
    },
    answer: 'The reporter sample is up.',
  },
}
