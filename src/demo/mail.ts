/** A plain, good-looking mail around `heading`; the footer comes from the account. */
export const demoHtml = (heading: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${heading}</title></head>
<body style="margin:0;background:#f6f8f6">
<div style="max-width:600px;margin:0 auto;background:#ffffff;color:#1f2a24;font:16px/1.6 Georgia,'Liberation Serif',serif">
<p style="margin:0;padding:28px 32px 0;font-weight:700;color:#1d5b3c">Fernmoor Garden</p>
<h1 style="margin:0;padding:16px 32px 4px;font-size:26px;line-height:1.25">${heading}</h1>
<div style="padding:8px 32px 28px">
<p>Dear {{ contact.first_name | default: "friend" }},</p>
<p>the days grow shorter, and the garden gets ready for its best season. Come by while the maples are red; as a member you come in free, with a guest.</p>
<p><a href="https://fernmoor.example/visit" style="display:inline-block;background:#1d5b3c;color:#ffffff;padding:11px 20px;border-radius:6px;text-decoration:none;font:600 15px Arial,sans-serif">Plan your visit</a></p>
<p>Wrap up warm, and mind the frogs.<br>Hedda and the gardeners</p>
</div>
</div>
</body>
</html>
`
