<?php
header('Content-Type: text/plain;charset=UTF-8');
header_remove('X-Powered-By');
$options = ['ssl' => ['cafile' => '/etc/apache2/tls/site.crt']];
echo 'PHP in ', PHP_SAPI, isset($_SERVER['HTTPS']) ? ' over TLS' : '', "\n";
echo gethostbyname('site.test'), "\n";
if (!isset($_SERVER['HTTPS'])) {
    echo 'it says ', file_get_contents('https://site.test:8443/', false, stream_context_create($options));
}
echo implode("\n", apache_get_modules()), "\n";
