#include "tests/integration/answers/usm.h"

#include <arpa/inet.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/integration/answers/table.h"

static const char *user = "";
static uint8_t master[2][USM_KEY];
static struct keys {
    bool made;
    uint8_t key[2][USM_KEY]; /* authentication, privacy */
} keys[AGENTS_MAX];

/* RFC 3414, A.2.2: SHA-1 of a megabyte of the password over and over. */
static void password(const char *word, uint8_t out[USM_KEY])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    char block[64];
    size_t len = strlen(word), at = 0;
    EVP_DigestInit_ex(md, EVP_sha1(), NULL);
    for (int i = 0; i < (1 << 20) / 64; i++) {
        for (size_t k = 0; k < sizeof block; k++)
            block[k] = word[at++ % len];
        EVP_DigestUpdate(md, block, sizeof block);
    }
    EVP_DigestFinal_ex(md, out, NULL);
    EVP_MD_CTX_free(md);
}

void usm_user(const char *name, const char *auth, const char *priv)
{
    user = name;
    password(auth, master[0]);
    password(priv, master[1]);
}

const char *usm_name(void)
{
    return user;
}

void usm_engine(unsigned agent, uint8_t out[ENGINE_LEN])
{
    const uint8_t engine[ENGINE_LEN] = {
        0x80, 0, 0x1f, 0x88, 4, 'a', 'n', 's', 0, 0, (uint8_t)(agent >> 8), (uint8_t)agent};
    memcpy(out, engine, sizeof engine);
}

static const struct keys *localised(unsigned agent)
{
    struct keys *k = &keys[agent];
    if (!k->made)
        for (int i = 0; i < 2; i++) {
            uint8_t text[2 * USM_KEY + ENGINE_LEN];
            memcpy(text, master[i], USM_KEY);
            usm_engine(agent, text + USM_KEY);
            memcpy(text + USM_KEY + ENGINE_LEN, master[i], USM_KEY);
            EVP_Digest(text, sizeof text, k->key[i], NULL, EVP_sha1(), NULL);
        }
    k->made = true;
    return k;
}

void usm_mac(unsigned agent, const uint8_t *message, size_t len, uint8_t out[USM_MAC])
{
    uint8_t whole[EVP_MAX_MD_SIZE];
    unsigned n;
    HMAC(EVP_sha1(), localised(agent)->key[0], USM_KEY, message, len, whole, &n);
    memcpy(out, whole, USM_MAC);
}

void usm_crypt(unsigned agent, bool encrypt, uint32_t boots, uint32_t time, const uint8_t salt[USM_SALT],
               const uint8_t *in, size_t len, uint8_t *out)
{
    static EVP_CIPHER_CTX *c;
    uint8_t iv[16];
    int n;
    boots = htonl(boots);
    time = htonl(time);
    memcpy(iv, &boots, 4);
    memcpy(iv + 4, &time, 4);
    memcpy(iv + 8, salt, USM_SALT);
    if (c == NULL)
        c = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(c, EVP_aes_128_cfb128(), NULL, localised(agent)->key[1], iv, encrypt);
    EVP_CipherUpdate(c, out, &n, in, (int)len);
}
