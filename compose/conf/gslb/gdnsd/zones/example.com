; example.com as the GSLB servers hold it: price is whatever the pools' health and the client's place make of it.

@       60      SOA     ns-eu hostmaster 1 3600 600 86400 60
@       3600    NS      ns-eu
@       3600    NS      ns-na
ns-eu   3600    A       198.18.16.30
ns-na   3600    A       198.18.17.30

; This number enters the bound: TTL 1 s, at most and at least.
price   1/1     DYNA    geoip!price
