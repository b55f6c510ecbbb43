"""Signs with HMAC-SHA-256, apart from the gateway's own code.

signing_client.py codes              for each line of standard input, base64, its code, base64; the key is in SECRET
signing_client.py rfc9421 PORT KEYID sends a signed request with a body and prints the status and the body
signing_client.py kong PORT KEYID    the same by Kong's scheme
"""

import base64
import email.utils
import hashlib
import hmac
import http.client
import os
import sys
import time

SECRET = os.environ["SECRET"].encode()


def code(text):
    return base64.b64encode(hmac.new(SECRET, text, hashlib.sha256).digest()).decode()


def send(port, method, target, headers, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, target, body=body, headers=headers)
    answer = connection.getresponse()
    print(answer.status, answer.read().decode())


def rfc9421(port, key_id):
    body = b'{"hello": "world"}'
    host = f"127.0.0.1:{port}"
    fields = {
        "Host": host,
        "Content-Type": "application/json",
        "Content-Digest": "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":",
    }
    parameters = '("@method" "@authority" "@path" "@query" "content-type" "content-digest")'
    parameters += f';created={int(time.time())};keyid="{key_id}";alg="hmac-sha256";nonce="{os.urandom(8).hex()}"'
    lines = [
        '"@method": POST',
        f'"@authority": {host}',
        '"@path": /shop/v1/items',
        '"@query": ?a=b&c=%20d',
        f'"content-type": {fields["Content-Type"]}',
        f'"content-digest": {fields["Content-Digest"]}',
        f'"@signature-params": {parameters}',
    ]
    fields["Signature-Input"] = "client=" + parameters
    fields["Signature"] = "client=:" + code("\n".join(lines).encode()) + ":"
    send(port, "POST", "/shop/v1/items?a=b&c=%20d", fields, body)


def kong(port, key_id):
    date = email.utils.formatdate(usegmt=True)
    text = f"date: {date}\nGET /shop/v1/kong?a=b HTTP/1.1\nhost: 127.0.0.1:{port}"
    fields = {
        "Date": date,
        "Authorization": f'hmac username="{key_id}", algorithm="hmac-sha256", headers="date request-line host", '
        f'signature="{code(text.encode())}"',
    }
    send(port, "GET", "/shop/v1/kong?a=b", fields, None)


if sys.argv[1] == "codes":
    for line in sys.stdin:
        print(code(base64.b64decode(line)))
else:
    {"rfc9421": rfc9421, "kong": kong}[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
