"""An OpenID provider whose login checks a password: Django with django-oauth-toolkit.

    openid_provider.py FOLDER CERTIFICATE KEY

FOLDER holds its database and is made by it. It listens on a free port of 127.0.0.1 behind TLS,
prints that port, and serves until it is ended. Its user is `probe`, whose password is read from
the first line of standard input; its clients are

    app     public, PKCE, back to https://app.test/callback; asks for consent
    robot   confidential, with the client credentials grant, secret `robot-secret`
    legacy  confidential, with the password grant, secret `legacy-secret`
"""

import os
import socketserver
import ssl
import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

FOLDER, CERTIFICATE, KEY = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
PASSWORD = sys.stdin.readline().rstrip("\n")


def rsa_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*pem, serialization.NoEncryption()).decode()


def configure(port):
    settings.configure(
        DEBUG=False,
        SECRET_KEY="only for tests",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "loaders": None,
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
            },
        }],
        DATABASES={"default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "provider.sqlite3",
            "OPTIONS": {"timeout": 2},
        }},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGIN_URL="/accounts/login/",
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_ISS_ENDPOINT": f"https://localhost:{port}/o",
            "OIDC_RSA_PRIVATE_KEY": rsa_key(),
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": True,
            "PKCE_REQUIRED": True,
            "SCOPES": {"openid": "OpenID", "read": "Read"},
        },
    )
    for template, options in ((settings.TEMPLATES[0], settings.TEMPLATES[0]["OPTIONS"]),):
        template["APP_DIRS"] = False
        options["loaders"] = [
            ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE}),
            "django.template.loaders.app_directories.Loader",
        ]


LOGIN_PAGE = """<!doctype html><title>Sign in</title>
<form method="post">{% csrf_token %}{{ form.as_p }}
<input type="hidden" name="next" value="{{ next }}"><button>Log in</button></form>"""


def fill():
    from django.contrib.auth import get_user_model
    from oauth2_provider.models import get_application_model

    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_user("probe", password=PASSWORD)
    application = get_application_model()
    application.objects.create(
        name="App", client_id="app", client_type="public", user=user, algorithm="RS256",
        authorization_grant_type="authorization-code",
        redirect_uris="https://app.test/callback",
    )
    application.objects.create(
        name="Robot", client_id="robot", client_secret="robot-secret", user=user,
        client_type="confidential", authorization_grant_type="client-credentials",
    )
    application.objects.create(
        name="Legacy", client_id="legacy", client_secret="legacy-secret", user=user,
        client_type="confidential", authorization_grant_type="password",
    )


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self):
        # Without the look-up of its own name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()
        self.base_environ["HTTPS"] = "on"
        self.base_environ["wsgi.url_scheme"] = "https"


class Handler(WSGIRequestHandler):
    def get_environ(self):
        return {**super().get_environ(), "wsgi.url_scheme": "https", "HTTPS": "on"}

    def log_message(self, *arguments):
        if os.environ.get("LOG"):
            super().log_message(*arguments)


def whoami(request):
    from django.http import JsonResponse
    from oauth2_provider.oauth2_backends import get_oauthlib_core

    valid, validated = get_oauthlib_core().verify_request(request, scopes=[])
    if not valid:
        return JsonResponse({"error": "invalid_token"}, status=401)
    user = validated.user
    return JsonResponse({"user": user.username if user else validated.client.client_id})


def urls():
    from django.contrib.auth import views
    from django.urls import include, path

    return [
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
        path("accounts/login/", views.LoginView.as_view()),
        path("whoami", whoami),
    ]


def main():
    global urlpatterns
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = Server(("127.0.0.1", 0), Handler)
    configure(server.server_port)
    django.setup()
    fill()
    urlpatterns = urls()
    sys.modules[__name__].urlpatterns = urlpatterns
    server.set_app(get_wsgi_application())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
