package policy

// listed tells whether the built-in list has a domain.
func listed(domain string) bool {
	from, to := 0, len(domains)
	for from < to {
		start := lineStart(from + (to-from)/2)
		end := lineEnd(start)
		switch line := domains[start:end]; {
		case line == domain:
			return true
		case line < domain:
			from = end + 1
		default:
			to = start
		}
	}
	return false
}

// lineStart is where the line begins that has the byte at a place.
func lineStart(at int) int {
	for at > 0 && domains[at-1] != '\n' {
		at--
	}
	return at
}

// lineEnd is where the line ends that begins at a place.
func lineEnd(at int) int {
	for at < len(domains) && domains[at] != '\n' {
		at++
	}
	return at
}

// domains are of services that hand out mailboxes to be thrown away, a line each, sorted by their bytes. It is one
// text: the module carries it as it stands, and no call builds anything of it.
const domains = `0-mail.com
10mail.org
10minutemail.com
10minutemail.net
10minutesmail.com
1secmail.com
1secmail.net
1secmail.org
20minutemail.com
33mail.com
anonbox.net
anonymbox.com
armyspy.com
binkmail.com
bobmail.info
boun.cr
bouncr.com
bugmenot.com
burnermail.io
byom.de
chammy.info
cuvox.de
dayrep.com
deadaddress.com
despam.it
devnullmail.com
discard.email
discardmail.com
discardmail.de
disposableinbox.com
dispostable.com
dodgeit.com
drdrb.net
dropmail.me
einrot.com
email60.com
emailfake.com
emailondeck.com
emailsensei.com
emailtemporanea.com
emltmp.com
fake-box.com
fakeinbox.com
fakemail.net
fakemailgenerator.com
fastacura.com
filzmail.com
fleckens.hu
generator.email
getairmail.com
getnada.com
gishpuppy.com
grr.la
guerrillamail.biz
guerrillamail.com
guerrillamail.de
guerrillamail.info
guerrillamail.net
guerrillamail.org
guerrillamailblock.com
gustr.com
harakirimail.com
hidemail.de
hmamail.com
inboxalias.com
inboxbear.com
inboxkitten.com
incognitomail.com
incognitomail.org
jetable.com
jetable.fr.nf
jetable.net
jetable.org
jourrapide.com
kasmail.com
klzlk.com
kurzepost.de
lroid.com
mailcatch.com
maildrop.cc
maileater.com
mailexpire.com
mailforspam.com
mailfreeonline.com
mailimate.com
mailin8r.com
mailinator.com
mailinator.net
mailinator2.com
mailmoat.com
mailnesia.com
mailnull.com
mailpoof.com
mailsac.com
mailshell.com
mailtemp.info
mailtothis.com
mailzilla.com
meltmail.com
mintemail.com
minuteinbox.com
moakt.com
mohmal.com
mt2015.com
mytemp.email
mytrashmail.com
nada.email
nepwk.com
nobulk.com
nospam.ze.tc
nospamfor.us
nowmymail.com
objectmail.com
owlpic.com
pokemail.net
proxymail.eu
putthisinyourspamdatabase.com
quickinbox.com
rcpt.at
rhyta.com
safetymail.info
sendspamhere.com
sharklasers.com
shieldemail.com
sneakemail.com
sofimail.com
sogetthis.com
spam.la
spam4.me
spamavert.com
spambob.com
spambog.com
spambox.us
spamcowboy.com
spamday.com
spamex.com
spamfree24.com
spamfree24.de
spamfree24.org
spamgourmet.com
spamherelots.com
spamhole.com
spaml.com
spammotel.com
spamspot.com
superrito.com
suremail.info
teleworm.us
temp-mail.io
temp-mail.org
tempail.com
tempemail.net
tempinbox.com
tempmail.de
tempmail.dev
tempmail.net
tempmail.plus
tempmailaddress.com
tempmailo.com
tempomail.fr
temporarioemail.com.br
temporaryemail.net
temporaryinbox.com
thankyou2010.com
throwam.com
throwawaymail.com
tmail.ws
tmpmail.net
tmpmail.org
trash-mail.com
trash-mail.de
trashmail.at
trashmail.com
trashmail.de
trashmail.me
trashmail.net
trashmail.org
trashmail.ws
trashymail.com
trbvm.com
tyldd.com
wegwerfadresse.de
wegwerfemail.de
wegwerfmail.de
wegwerfmail.net
wegwerfmail.org
wh4f.org
willselfdestruct.com
yopmail.com
yopmail.fr
yopmail.net
zippymail.info
zoemail.org`
