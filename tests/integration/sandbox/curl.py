"""As much of curl as the examples of the banner use, for machines that have none."""

import argparse
import ssl
import sys

import httpx2


def main() -> None:
    """Send one request and print the answer's body; fail for a refusal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-g", action="store_true")
    parser.add_argument("--cacert")
    parser.add_argument("-u")
    parser.add_argument("-d")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("url")
    words = parser.parse_args()
    headers = dict(line.split(": ", 1) for line in words.H)
    if words.d is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    trusted = ssl.create_default_context(cafile=words.cacert) if words.cacert else False
    with httpx2.Client(verify=trusted, auth=tuple(words.u.split(":")) if words.u else None) as client:
        answer = client.request("GET" if words.d is None else "POST", words.url, content=words.d, headers=headers)
    answer.raise_for_status()
    sys.stdout.write(answer.text)


if __name__ == "__main__":
    main()
