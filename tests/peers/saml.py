"""SAML 2.0 for django_site.py: who asks and who answers, both of pysaml2 and at one address.

    saml/         for those who are logged in; others are sent to the provider
    saml/sso      the provider: asks for a login with Django's form, and has the answer submitted by
                  a script (POST binding), signed
    saml/acs      takes that answer, and looks at its signature
    saml/logout   ends the session
"""

import subprocess

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.client import Saml2Client
from saml2.config import IdPConfig, SPConfig
from saml2.metadata import entity_descriptor
from saml2.server import Server

PAGE = """<!doctype html><title>Members</title><p>Welcome, {{ name }}</p>
<form method="post" action="/saml/logout">{% csrf_token %}<button>Log out</button></form>"""


class Saml:
    """Both sides, as they are called by who asks them: the site has no address of its own."""

    def __init__(self, folder):
        self.keys = {"key_file": f"{folder}/saml.key", "cert_file": f"{folder}/saml.pem"}
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj",
             "/CN=saml", "-keyout", self.keys["key_file"], "-out", self.keys["cert_file"]],
            check=True, capture_output=True,
        )

    def asker(self, request, metadata=None):
        at = request.build_absolute_uri("/saml/")
        endpoints = {"assertion_consumer_service": [(f"{at}acs", BINDING_HTTP_POST)]}
        return SPConfig().load({
            "entityid": f"{at}asker",
            "service": {"sp": {"endpoints": endpoints, "want_assertions_signed": True}},
            "metadata": {"inline": metadata or []},
            **self.keys,
        })

    def provider(self, request, metadata=None):
        at = request.build_absolute_uri("/saml/")
        endpoints = {"single_sign_on_service": [(f"{at}sso", BINDING_HTTP_REDIRECT)]}
        return IdPConfig().load({
            "entityid": f"{at}provider",
            "service": {"idp": {"endpoints": endpoints}},
            "metadata": {"inline": metadata or []},
            **self.keys,
        })

    def client(self, request):
        return Saml2Client(self.asker(request, [str(entity_descriptor(self.provider(request)))]))

    def server(self, request):
        known = [str(entity_descriptor(self.asker(request)))]
        return Server(config=self.provider(request, known))


def urls(folder):
    from django.contrib.auth.decorators import login_required
    from django.http import HttpResponse
    from django.shortcuts import redirect
    from django.template import engines
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    saml = Saml(folder)

    def members(request):
        name = request.session.get("saml_name")
        if name:
            page = engines["django"].from_string(PAGE)
            return HttpResponse(page.render({"name": name}, request))
        asked, sent = saml.client(request).prepare_for_authenticate(binding=BINDING_HTTP_REDIRECT)
        request.session["saml_asked"] = asked
        return redirect(dict(sent["headers"])["Location"])

    @login_required
    def sso(request):
        server = saml.server(request)
        asked = server.parse_authn_request(request.GET["SAMLRequest"], BINDING_HTTP_REDIRECT)
        to = server.response_args(asked.message)
        name = request.user.username
        answer = server.create_authn_response(
            {"uid": name}, userid=name, sign_response=True, sign_assertion=True,
            authn={"class_ref": PASSWORDPROTECTEDTRANSPORT}, **to,
        )
        page = server.apply_binding(
            BINDING_HTTP_POST, str(answer), to["destination"], "", response=True,
        )
        return HttpResponse(page["data"])

    @csrf_exempt
    def acs(request):
        asked = {request.session.pop("saml_asked"): "/saml/"}
        answer = saml.client(request).parse_authn_request_response(
            request.POST["SAMLResponse"], BINDING_HTTP_POST, asked,
        )
        request.session["saml_name"] = answer.get_identity()["uid"][0]
        return redirect("/saml/")

    def logout(request):
        request.session.flush()
        return redirect("/accounts/login/")

    return [path("", members), path("sso", sso), path("acs", acs), path("logout", logout)]
